"""Answers that are made of versions."""

from typing import Any

from vesalius.worlds.fhir.calls import Answer
from vesalius.worlds.fhir.layers import Key, Version
from vesalius.worlds.fhir.refusals import Refusal
from vesalius.worlds.fhir.search import View


def with_version(status: int, version: Version) -> Answer:
    """An answer that is a version of a resource, with its number and moment."""
    resource = version.resource
    assert resource is not None
    headers = {"ETag": f'W/"{version.number}"', "Last-Modified": version.moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    if status == 201:
        headers["Location"] = f"{resource['resourceType']}/{resource['id']}/_history/{version.number}"
    return Answer(status, resource, headers)


def history(key: Key, view: View) -> dict[str, Any]:
    """All versions of a resource, newest first, as a Bundle.

    Raises:
        Refusal: 404 where it never was there.
    """
    versions = view.history(key)
    if not versions:
        raise Refusal(404, f"{'/'.join(key)}: not known; search for its id.")
    entries = []
    for version in versions:
        status = "204" if version.resource is None else "201" if version.number == 1 else "200"
        moment = version.moment.isoformat(timespec="milliseconds")
        entry: dict[str, Any] = {
            "fullUrl": "/".join(key),
            "request": {"method": version.method, "url": key[0] if version.method == "POST" else "/".join(key)},
            "response": {"status": status, "etag": f'W/"{version.number}"', "lastModified": moment},
        }
        entries.append(entry if version.resource is None else {**entry, "resource": version.resource})
    return {"resourceType": "Bundle", "type": "history", "total": len(entries), "entry": entries}
