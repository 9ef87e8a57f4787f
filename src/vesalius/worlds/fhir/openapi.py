"""The HTTP endpoint as OpenAPI, for clients and for fuzzing."""

from typing import Any

from vesalius.worlds.fhir.calls import METHODS
from vesalius.worlds.fhir.kinds import kinds

_PATHS = {
    "": "/",
    "metadata": "/metadata",
    "type": "/{type}",
    "search": "/{type}/_search",
    "instance": "/{type}/{id}",
    "history": "/{type}/{id}/_history",
    "version": "/{type}/{id}/_history/{version}",
}
_STATUS = (200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 503)
_OPEN = {"type": "object", "additionalProperties": True}
_OPERATION = {
    "type": "object",
    "required": ["op", "path"],
    "properties": {
        "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
        "path": {"type": "string"},
        "from": {"type": "string"},
        "value": {},
    },
}


def description() -> dict[str, Any]:
    """The document.

    >>> sorted(description()["paths"]["/{type}/{id}"])
    ['delete', 'get', 'patch', 'put']
    """
    paths = {
        path: {method.lower(): _operation(path, method, name) for method, name in METHODS[shape].items()}
        for shape, path in _PATHS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vesalius clinic", "version": "4.0.1"},
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
    }


def _operation(path: str, method: str, name: str) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [_path_parameter(one) for one in ("type", "id", "version") if f"{{{one}}}" in path]
    if name in ("search", "conditional update") and method != "POST":
        searchable = sorted({one for kind in kinds().values() for one in kind.parameters} | {"_count", "_sort", "_include"})
        parameters += [{"name": one, "in": "query", "schema": {"type": "string"}} for one in searchable]
    if name in ("update", "patch", "delete"):
        parameters.append({"name": "If-Match", "in": "header", "schema": {"type": "string"}})
    if name == "create":
        parameters.append({"name": "If-None-Exist", "in": "header", "schema": {"type": "string"}})
    answers = {str(status): {"description": "a resource, or an OperationOutcome"} for status in _STATUS}
    operation: dict[str, Any] = {"operationId": f"{name} by {method}", "parameters": parameters, "responses": answers}
    content = _content(name, method)
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _path_parameter(name: str) -> dict[str, Any]:
    schemas: dict[str, dict[str, Any]] = {
        "type": {"enum": sorted(kinds())},
        "id": {"type": "string", "pattern": r"^[A-Za-z0-9\-.]{1,64}$"},
        "version": {"type": "integer", "minimum": 1},
    }
    return {"name": name, "in": "path", "required": True, "schema": schemas[name]}


def _content(name: str, method: str) -> dict[str, Any]:
    if name == "search" and method == "POST":
        return {"application/x-www-form-urlencoded": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}}
    if name == "patch":
        return {"application/json-patch+json": {"schema": {"type": "array", "items": _OPERATION}}}
    if name == "bundle":
        return {"application/fhir+json": {"schema": _bundle()}}
    if name in ("create", "update", "conditional update"):
        return {"application/fhir+json": {"schema": _resource()}}
    return {}


def _resource() -> dict[str, Any]:
    inner = {**_OPEN, "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
    properties = {"resourceType": {"enum": sorted(kinds())}, "contained": {"type": "array", "items": inner}}
    return {**_OPEN, "required": ["resourceType"], "properties": properties}


def _bundle() -> dict[str, Any]:
    request = {
        "type": "object",
        "required": ["method", "url"],
        "properties": {"method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]}, "url": {"type": "string"}},
    }
    entry = {"type": "object", "required": ["request"], "properties": {"request": request, "resource": _OPEN}}
    bundle = {
        "resourceType": {"const": "Bundle"},
        "type": {"enum": ["batch", "transaction"]},
        "entry": {"type": "array", "items": entry},
    }
    return {"type": "object", "required": ["resourceType", "type"], "properties": bundle}
