"""Batches, in which each entry is for itself, and transactions, in which all are done or none (FHIR R4, 3.1.0.11)."""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from vesalius.worlds.fhir.calls import Answer, Call, Route, pairs, route
from vesalius.worlds.fhir.frozen import FrozenDict, freeze, too_deep
from vesalius.worlds.fhir.query import Pairs
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.search import Allowed
from vesalius.worlds.fhir.store import Store
from vesalius.worlds.fhir.structure import IDENTIFIER

Do = Callable[[Call, Route, str | None], Answer]
"""Does one entry, under an id where it was found or given out before."""

MAX_ENTRIES = 5_000
PATCH_TYPE = "application/json-patch+json"
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
_RESTFUL = re.compile(r"(https?://.+/)\w+/[^/]+")


def entries_of(body: Any) -> tuple[str, list[FrozenDict]]:
    """The type of a posted Bundle and its entries.

    Raises:
        Refusal: if it is neither a batch nor a transaction, or an entry is none.
    """
    if not isinstance(body, Mapping):
        raise Refusal(400, "the body is not a JSON object; send a Bundle.", code="structure")
    bundle = freeze(body)
    kind, entries = bundle.get("type"), bundle.get("entry", [])
    if bundle.get("resourceType") != "Bundle" or kind not in ("batch", "transaction"):
        raise Refusal(400, "field 'type': the base takes a Bundle that is a batch or a transaction; send one.", code="structure")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise Refusal(400, f"field 'entry': not a list of at most {MAX_ENTRIES} entries; split it.", code="structure")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, FrozenDict):
            raise Refusal(400, f"entry {number}: not an object; correct it.", code="structure")
    return str(kind), entries


def call_of(entry: FrozenDict, number: int) -> tuple[Call, Route]:
    """What an entry asks.

    Raises:
        Refusal: naming the entry and field.
    """
    request = entry.get("request")
    names = ("method", "url", "ifMatch", "ifNoneExist")
    if not isinstance(request, dict) or not all(isinstance(request.get(name, ""), str) for name in names):
        raise Refusal(400, f"entry {number}, field 'request': missing or not of texts; add method and url.", code="structure")
    if request.get("method") not in _ORDER or "url" not in request:
        raise Refusal(400, f"entry {number}, field 'request': no method or url that can be called; correct it.", code="structure")
    others = {"if_match": request.get("ifMatch"), "if_none_exist": request.get("ifNoneExist")}
    call = Call.of(request["method"], request["url"], body=_body(entry, number), **others)
    where = route(call)
    if where.name in ("bundle", "capabilities"):
        raise Refusal(400, f"entry {number}, field 'request': a Bundle may not hold another; send it by itself.")
    return call, where


def _body(entry: FrozenDict, number: int) -> Any:
    """The resource of an entry; of a Binary that carries a JSON Patch, the patch."""
    body = entry.get("resource")
    if not isinstance(body, dict) or body.get("resourceType") != "Binary":
        return body
    try:
        if body.get("contentType") != PATCH_TYPE:
            raise ValueError
        operations = json.loads(base64.b64decode(body["data"], validate=True))
        if too_deep(operations):
            raise ValueError
        return operations
    except (KeyError, TypeError, ValueError, RecursionError):
        what = f"entry {number}: a Binary here holds a patch, as {PATCH_TYPE} in base64; correct it."
        raise Refusal(400, what, code="structure") from None


def batch(entries: list[FrozenDict], do: Do) -> dict[str, Any]:
    """Does all entries, one after another; what is refused says so in its place."""
    answers = []
    for number, entry in enumerate(entries, start=1):
        try:
            call, where = call_of(entry, number)
            answers.append(do(call, where, None))
        except Refusal as refusal:
            answers.append(Answer(refusal.status, refusal.outcome()))
    return _response("batch-response", answers)


def transaction(entries: list[FrozenDict], store: Store, allowed: Allowed, do: Do) -> dict[str, Any]:
    """Does all entries, or none where one is refused.

    Conditions are looked up before anything is written. Deletions come first, then creations, updates, and reads. References to
    the ``fullUrl`` of an entry that is created, such as ``urn:uuid:...``, become references to what was created, and those with
    criteria to the one resource that meets them.

    Raises:
        Refusal: naming the entry that was refused.
    """
    calls = [call_of(entry, number) for number, entry in enumerate(entries, start=1)]
    answers: list[Answer | None] = [None] * len(calls)
    with store.together(where.key for _, where in calls):
        ids = _ids(calls, store, allowed)
        _no_twins(calls, ids)
        targets = _targets(entries, calls, ids)
        for place in sorted(range(len(calls)), key=lambda place: _ORDER[calls[place][0].method]):
            call, where = calls[place]
            with _entry(place + 1):
                body = _resolved(call.body, _linker(entries[place], targets, store, allowed))
                answers[place] = do(replace(call, body=body), where, ids[place])
    return _response("transaction-response", [answer for answer in answers if answer is not None])


@contextmanager
def _entry(number: int) -> Iterator[None]:
    """Names the entry in what is refused."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(refusal.status, f"entry {number}: {refusal}", code=refusal.code) from None


def _ids(calls: list[tuple[Call, Route]], store: Store, allowed: Allowed) -> list[str | None]:
    """The id that each entry is about; equal conditions lead to one resource, which the first of them may make."""
    known: dict[tuple[str, Pairs], str] = {}
    ids: list[str | None] = []
    for number, (call, where) in enumerate(calls, start=1):
        identifier: str | None = where.identifier or None
        with _entry(number):
            if where.name == "create" and call.unless is not None:
                asked = where.kind, call.unless
                identifier = known.get(asked) or store.matching(*asked, allowed) or store.new_id(where.kind)
                known[asked] = identifier
            elif where.name == "create":
                identifier = store.new_id(where.kind)
            elif where.name == "conditional update":
                asked = where.kind, call.query
                identifier = known.get(asked) or store.updated_at(*asked, call.body, allowed)
                known[asked] = identifier
        ids.append(identifier)
    return ids


def _no_twins(calls: list[tuple[Call, Route]], ids: list[str | None]) -> None:
    """Nothing else is done to what is replaced, changed or deleted; conditional creates of one resource are fine."""
    keys = [(where.kind, identifier) for (_, where), identifier in zip(calls, ids)]
    times = Counter(key for key, (call, _) in zip(keys, calls) if key[1] and call.method in ("POST", "PUT", "PATCH", "DELETE"))
    for number, (key, (call, _)) in enumerate(zip(keys, calls), start=1):
        if call.method in ("PUT", "PATCH", "DELETE") and times[key] > 1:
            raise Refusal(400, f"entry {number}: {key[0]}/{key[1]} is written twice in one transaction; write it once.")


def _targets(entries: list[FrozenDict], calls: list[tuple[Call, Route]], ids: list[str | None]) -> dict[str, str]:
    """What the full URL of each entry stands for."""
    targets: dict[str, str] = {}
    for number, (entry, (call, where), identifier) in enumerate(zip(entries, calls, ids), start=1):
        full = entry.get("fullUrl")
        if isinstance(full, str) and identifier and call.method in ("POST", "PUT"):
            if full in targets:
                raise Refusal(400, f"entry {number}, field 'fullUrl': given to two entries; make it unique.")
            targets[full] = f"{where.kind}/{identifier}"
    return targets


def _linker(entry: FrozenDict, targets: Mapping[str, str], store: Store, allowed: Allowed) -> Callable[[str], str]:
    """What a reference in an entry becomes; a relative one is relative to the server that the entry's full URL names."""
    found = _RESTFUL.fullmatch(str(entry.get("fullUrl", "")))
    base = found[1] if found else ""

    def linked(target: str) -> str:
        known = targets.get(target) or targets.get(base + target)
        name, mark, criteria = target.partition("?")
        if known or not mark or not IDENTIFIER.fullmatch(name):
            return known or target
        there = store.matching(name, pairs(criteria), allowed)
        if there is None:
            raise Refusal(412, f"a reference by criteria to {shown(name)} finds nothing; correct it.")
        return f"{name}/{there}"

    return linked


def _resolved(value: Any, linked: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        fields = {name: _resolved(item, linked) for name, item in value.items()}
        if isinstance(fields.get("reference"), str):
            fields["reference"] = linked(fields["reference"])
        return fields
    if isinstance(value, list):
        return [_resolved(item, linked) for item in value]
    return value


def _response(kind: str, answers: list[Answer]) -> dict[str, Any]:
    entries = []
    for answer in answers:
        response: dict[str, Any] = {"status": str(answer.status)}
        names = {"Location": "location", "ETag": "etag"}
        response.update({names[name]: value for name, value in answer.headers.items() if name in names})
        entry: dict[str, Any] = {"response": response}
        if answer.body is not None:
            if answer.fine:
                entry["resource"] = answer.body
            else:
                response["outcome"] = answer.body
        entries.append(entry)
    return {"resourceType": "Bundle", "type": kind, **({"entry": entries} if entries else {})}
