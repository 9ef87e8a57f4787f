"""What the clinic can do, as FHIR's CapabilityStatement."""

from typing import Any

from vesalius.worlds.fhir.kinds import Kind, kinds

_INTERACTIONS = ("read", "vread", "update", "patch", "delete", "history-instance", "create", "search-type")


def capability_statement() -> dict[str, Any]:
    """The statement (FHIR R4, 5.2).

    >>> capability_statement()["fhirVersion"]
    '4.0.1'
    """
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2024-01-01",
        "kind": "instance",
        "implementation": {"description": "Vesalius clinic"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Bearer tokens, which decide the role."},
                "resource": [_resource(kind) for kind in kinds().values()],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
            }
        ],
    }


def _resource(kind: Kind) -> dict[str, Any]:
    references = [f"{kind.name}:{one.name}" for one in kind.parameters.values() if one.kind == "reference"]
    return {
        "type": kind.name,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "conditionalDelete": "not-supported",
        **({"searchInclude": references} if references else {}),
        "searchParam": [{"name": one.name, "type": one.kind} for one in kind.parameters.values()],
    }
