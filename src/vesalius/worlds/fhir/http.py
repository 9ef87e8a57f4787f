"""A clinic behind HTTP, as record systems offer it: real paths, bearer tokens, and an OperationOutcome for every error."""

import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vesalius.errors import UserError
from vesalius.worlds.fhir.access import Caller, Role
from vesalius.worlds.fhir.bundles import PATCH_TYPE
from vesalius.worlds.fhir.calls import Answer, Call, pairs, route
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.fhir.openapi import description
from vesalius.worlds.fhir.refusals import Refusal

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

MEDIA_TYPE = "application/fhir+json"
MAX_BODY = 2_000_000
"""Bytes of a body that are read."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_JSON = (MEDIA_TYPE, "application/json")
_FORM = "application/x-www-form-urlencoded"


def application(clinic: Clinic, tokens: Mapping[str, Caller], *, max_body: int = MAX_BODY) -> "FastAPI":
    """The clinic as an ASGI application; calls are done one after another.

    ``/metadata`` and ``/openapi.json`` are open to everyone; all else needs a token, which decides who calls in which role.

    Args:
        clinic: what is served.
        tokens: bearer tokens with their callers.
        max_body: bytes of a body; more is refused with 413.
    """
    from fastapi import FastAPI, Request
    from fastapi.exceptions import HTTPException

    app = FastAPI(title="Vesalius clinic", docs_url=None, redoc_url=None, openapi_url=None)

    async def answer(request: Request) -> "Response":
        if request.url.path == "/openapi.json" and request.method == "GET":
            return _sent(request, Answer(200, description()), media_type="application/json")
        caller = _caller(request, tokens)
        if caller is None:
            refusal = Refusal(401, "header 'Authorization': no bearer token that is known here; send one.")
            return _sent(request, clinic.call(_unread(request, refusal), _VISITOR))
        try:
            call = await _read(request, max_body)
        except Refusal as refused:
            call = _unread(request, refused)
        return _sent(request, clinic.call(call, caller))

    async def unrouted(request: Request, error: Exception) -> "Response":
        status = error.status_code if isinstance(error, HTTPException) else 405
        refusal = Refusal(status if status == 404 else 405, "no such path or method; see /metadata for what there is.")
        return _sent(request, Answer(refusal.status, refusal.outcome(), {"Allow": ", ".join(_METHODS[:6])}))

    app.add_route("/{path:path}", answer, methods=_METHODS)
    app.add_exception_handler(404, unrouted)
    app.add_exception_handler(405, unrouted)
    return app


@contextmanager
def serve(clinic: Clinic, tokens: Mapping[str, Caller], *, port: int = 0) -> Iterator[str]:
    """Serves a clinic on loopback while the block runs.

    The block should talk to the clinic by HTTP only, for the server runs in a thread of its own.

    Args:
        clinic: what is served.
        tokens: bearer tokens with their callers.
        port: any free one where 0.

    Yields:
        The base URL.

    Raises:
        UserError: if the port is taken.
    """
    import socket

    import uvicorn

    listener = socket.socket()
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise UserError(f"port {port}: can't be listened on ({error.strerror}); name another, or 0 for any free one.") from error
    config = uvicorn.Config(application(clinic, tokens), log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _caller(request: "Request", tokens: Mapping[str, Caller]) -> Caller | None:
    if request.url.path.strip("/") == "metadata":
        return _VISITOR
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip().encode()
    # all are compared, so that the time tells nothing of which are known
    known = [caller for one, caller in tokens.items() if hmac.compare_digest(one.encode(), given)]
    return known[0] if known and scheme.lower() == "bearer" else None


def _unread(request: "Request", refusal: Refusal) -> Call:
    return Call(request.method, request.url.path, unread=refusal)


async def _read(request: "Request", max_body: int) -> Call:
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > max_body:
            raise Refusal(413, f"the body is larger than {max_body} bytes; send less.")
    path, headers = request.url.path, request.headers
    accepted = headers.get("accept", "*/*").lower()
    if not any(kind in accepted for kind in (*_JSON, "*/*", "application/*")):
        raise Refusal(406, f"header 'Accept': only {MEDIA_TYPE} is sent; accept it.")
    match, unless = headers.get("if-match"), headers.get("if-none-exist")
    call = Call(request.method, path, pairs(request.url.query), None, match, unless)
    # a path or method that does not exist is told as such, whatever its body
    where = route(call)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if where.name == "search" and request.method == "POST":
        _of_type(kind, (_FORM,))
        return replace(call, query=(*call.query, *pairs(_text(raw))))
    if where.name in ("create", "update", "conditional update", "bundle"):
        _of_type(kind, _JSON)
        return replace(call, body=_parsed(raw))
    if where.name == "patch":
        _of_type(kind, (PATCH_TYPE,))
        return replace(call, body=_parsed(raw))
    return call


def _of_type(kind: str, accepted: tuple[str, ...]) -> None:
    if kind not in accepted:
        raise Refusal(415, f"header 'Content-Type': not {' or '.join(accepted)}; send that.")


def _text(raw: bytearray) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refusal(400, "the body is not UTF-8; send it in that.", code="structure") from None


def _parsed(raw: bytearray) -> Any:
    try:
        return json.loads(_text(raw), parse_constant=_no_number)
    # what is nested too deep ends in the second
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is not JSON; correct it.", code="structure") from None


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _sent(request: "Request", answer: Answer, *, media_type: str = MEDIA_TYPE) -> "Response":
    from starlette.responses import Response

    base = str(request.base_url)
    headers = {name: base + value if name == "Location" else value for name, value in answer.headers.items()}
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="clinic"'
    if answer.body is None or request.method == "HEAD":
        return Response(status_code=answer.status, headers=headers)
    body = json.dumps(_absolute(answer.body, base), ensure_ascii=False).encode()
    return Response(body, answer.status, headers, media_type)


def _absolute(body: Mapping[str, Any], base: str) -> Mapping[str, Any]:
    """A Bundle with whole URLs, which in process are relative."""
    if body.get("resourceType") != "Bundle":
        return body
    changed = dict(body)
    if "link" in body:
        changed["link"] = [{**link, "url": base + link["url"]} for link in body["link"]]
    if "entry" in body:
        changed["entry"] = [{**one, "fullUrl": base + one["fullUrl"]} if "fullUrl" in one else one for one in body["entry"]]
    return changed


_VISITOR = Caller("anyone", Role("visitor", frozenset()))
