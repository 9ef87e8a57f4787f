"""Batches, in which each entry is for itself, and transactions, in which all are done or none (FHIR R4, 3.1.0.11)."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vesalius.worlds.fhir.calls import Answer, Call, Route, pairs, route
from vesalius.worlds.fhir.frozen import FrozenDict, freeze
from vesalius.worlds.fhir.query import parse
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.search import View, found
from vesalius.worlds.fhir.store import Store
from vesalius.worlds.fhir.structure import IDENTIFIER

Do = Callable[[Call, Route, str | None], Answer]
"""Does one entry, under an id where it was assigned before."""

MAX_ENTRIES = 5_000
PATCH_TYPE = "application/json-patch+json"
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}


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
        return json.loads(base64.b64decode(body["data"], validate=True))
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


def transaction(entries: list[FrozenDict], store: Store, do: Do) -> dict[str, Any]:
    """Does all entries, or none where one is refused.

    Deletions come first, then creations, updates, and reads. References to the ``fullUrl`` of an entry that is created, such as
    ``urn:uuid:...``, become references to what was created, and those with criteria to the one resource that meets them.

    Raises:
        Refusal: naming the entry that was refused.
    """
    calls = [call_of(entry, number) for number, entry in enumerate(entries, start=1)]
    _no_twins(calls)
    answers: list[Answer | None] = [None] * len(calls)
    with store.together():
        targets, ids = _targets(entries, calls, store)
        for place in sorted(range(len(calls)), key=lambda place: _ORDER[calls[place][0].method]):
            call, where = calls[place]
            try:
                asked = replace(call, body=_resolved(call.body, targets, store))
                answers[place] = do(asked, where, ids[place])
            except Refusal as refusal:
                raise Refusal(refusal.status, f"entry {place + 1}: {refusal}", code=refusal.code) from None
    return _response("transaction-response", [answer for answer in answers if answer is not None])


def _no_twins(calls: list[tuple[Call, Route]]) -> None:
    seen = set()
    for number, (call, where) in enumerate(calls, start=1):
        if call.method in ("PUT", "PATCH", "DELETE") and where.identifier:
            if where.key in seen:
                raise Refusal(400, f"entry {number}: {where.target} is written twice in one transaction; write it once.")
            seen.add(where.key)


def _targets(entries: list[FrozenDict], calls: list[tuple[Call, Route]], store: Store) -> tuple[dict[str, str], list[str | None]]:
    """What the full URL of each entry stands for, and the id of each that is created."""
    targets: dict[str, str] = {}
    ids: list[str | None] = []
    for number, (entry, (call, where)) in enumerate(zip(entries, calls), start=1):
        identifier: str | None = None
        leads = where.target if where.identifier else ""
        if where.name == "create":
            there = found_one(store, where.kind, call.if_none_exist) if call.if_none_exist else None
            if there is None:
                identifier = store.new_id(where.kind)
            leads = f"{where.kind}/{there or identifier}"
        elif where.name == "conditional update":
            own = call.body.get("id") if isinstance(call.body, dict) else None
            there = found_one(store, where.kind, call.query)
            leads = f"{where.kind}/{there or own}" if there or own else ""
        full = entry.get("fullUrl")
        if isinstance(full, str) and leads and call.method in ("POST", "PUT"):
            if full in targets:
                raise Refusal(400, f"entry {number}, field 'fullUrl': given to two entries; make it unique.")
            targets[full] = leads
        ids.append(identifier)
    return targets, ids


def found_one(store: Store, kind: str, criteria: Any) -> str | None:
    """The id of the one resource that meets criteria; None where there is none, and 412 where there are several."""
    there = found(View(store.top), parse(kind, pairs(criteria) if isinstance(criteria, str) else criteria))
    if len(there) > 1:
        raise Refusal(412, f"{kind}: {len(there)} resources meet the criteria; name more of them.", code="multiple-matches")
    return there[0][0][1] if there else None


def _resolved(value: Any, targets: Mapping[str, str], store: Store) -> Any:
    if isinstance(value, dict):
        fields = {name: _resolved(item, targets, store) for name, item in value.items()}
        target = fields.get("reference")
        if isinstance(target, str):
            fields["reference"] = targets.get(target) or _by_criteria(target, store)
        return fields
    if isinstance(value, list):
        return [_resolved(item, targets, store) for item in value]
    return value


def _by_criteria(target: str, store: Store) -> str:
    name, mark, criteria = target.partition("?")
    if not mark or not IDENTIFIER.fullmatch(name):
        return target
    there = found_one(store, name, criteria)
    if there is None:
        raise Refusal(412, f"a reference by criteria to {shown(name)} finds nothing; correct it.")
    return f"{name}/{there}"


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
