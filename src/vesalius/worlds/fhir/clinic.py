"""A clinic: a FHIR R4 store with a clock, roles, an audit log and faults, that can be set back to any earlier state."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vesalius.worlds.fhir.access import Audited, Caller, Interaction, Logged
from vesalius.worlds.fhir.bundles import batch, entries_of, transaction
from vesalius.worlds.fhir.calls import Answer, Call, Name, NotAllowed, Route, route
from vesalius.worlds.fhir.capability import capability_statement
from vesalius.worlds.fhir.faults import Fault, Faults
from vesalius.worlds.fhir.frozen import FrozenDict
from vesalius.worlds.fhir.layers import Key, Layer, Version
from vesalius.worlds.fhir.refusals import Refusal, unforeseen
from vesalius.worlds.fhir.replies import history, with_version
from vesalius.worlds.fhir.search import View, search
from vesalius.worlds.fhir.store import Store, Written, readable
from vesalius.worlds.fhir.structure import Checks

CALL = timedelta(milliseconds=1)
"""What a call takes at least, so that no two writes have the same moment."""

Log = tuple["Log", Audited] | None
"""The last entry behind all earlier ones, so that states share what they have in common."""

_NEEDS: Mapping[Name, tuple[Interaction, ...]] = {
    "read": ("read",),
    "vread": ("read",),
    "history": ("read",),
    "search": ("search",),
    "create": ("create",),
    "update": ("update",),
    "conditional update": ("search", "update"),
    # what is patched is sent back, and can be tested
    "patch": ("read", "patch"),
    "delete": ("delete",),
}
_LOGGED: Mapping[Name, Logged] = {
    "read": "read",
    "vread": "read",
    "history": "history",
    "search": "search",
    "create": "create",
    "update": "update",
    "conditional update": "update",
    "patch": "patch",
    "delete": "delete",
    "capabilities": "capabilities",
}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state of a clinic, to which it can be set back; nothing is copied."""

    layer: Layer
    now: datetime
    next_id: int
    births: int
    calls: int
    log: Log

    def latest(self, key: Key) -> Version | None:
        """The last version of a resource in this state."""
        return self.layer.latest(key)


class Clinic:
    """The clinic. It is made for one thread.

    >>> from vesalius.worlds.fhir.access import ROLES, Caller
    >>> clinic = Clinic([{"resourceType": "Patient", "id": "7", "birthDate": "1950-02-01"}])
    >>> nurse = Caller("ward 3", ROLES["nurse"])
    >>> clinic.call(Call.of("GET", "Patient?birthdate=lt1960"), nurse).body["total"]
    1
    >>> clinic.call(Call.of("DELETE", "Patient/7"), nurse).status
    403
    """

    def __init__(
        self,
        resources: Iterable[Mapping[str, Any]] = (),
        *,
        now: datetime = datetime(2024, 1, 1, 8, tzinfo=UTC),
        checks: Checks = "models",
        faults: Faults | None = None,
    ) -> None:
        """A clinic with resources, which may refer to each other in any order.

        Args:
            resources: with their ids.
            now: its clock, with a zone; it goes on by calls only, and by ``advance``.
            checks: how later writes are checked; these resources have their structure and references checked.
            faults: what calls meet.

        Raises:
            Refusal: if a resource can't be kept.
        """
        self._store = Store(now=now, checks=checks)
        self._calls = 0
        self._log: Log = None
        self.faults = faults or Faults()
        self.load(resources)

    @property
    def now(self) -> datetime:
        """The moment on the clinic's clock."""
        return self._store.now

    def advance(self, time: timedelta) -> None:
        """Lets time go by."""
        self._store.now += time

    def load(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """Puts resources with their ids into the clinic, all or none; this is no call, not logged, and seen by stale reads.

        Raises:
            Refusal: if one has no id, a wrong structure, or a reference that leads nowhere.
        """
        self._store.load(resources)

    def snapshot(self) -> Snapshot:
        """The state as it is: resources and versions, clock, ids, faults to come, and audit log."""
        store = self._store
        layer = store.top.sealed()
        store.top = Layer(layer)
        return Snapshot(layer, store.now, store.next_id, store.births, self._calls, self._log)

    def restore(self, snapshot: Snapshot) -> None:
        """Sets the clinic back to a state that it had, as if nothing had happened since."""
        store = self._store
        store.top = Layer(snapshot.layer)
        store.now, store.next_id, store.births = snapshot.now, snapshot.next_id, snapshot.births
        self._calls, self._log = snapshot.calls, snapshot.log

    def written_since(self, snapshot: Snapshot) -> list[Key]:
        """Resources that may differ from a snapshot's."""
        return sorted(self._store.top.written_since(snapshot.layer))

    def latest(self, key: Key) -> Version | None:
        """The last version of a resource, by type and id, past roles and log."""
        return self._store.top.latest(key)

    def resources(self) -> Iterable[FrozenDict]:
        """All resources that are there."""
        seen: set[Key] = set()
        for layer in self._store.top.chain():
            for key, versions in layer.versions.items():
                if key not in seen and versions[-1].resource is not None:
                    yield versions[-1].resource
                seen.add(key)

    def digest(self) -> str:
        """SHA-256 over all resources that are there: equal where two states have the same ones."""
        parts = sorted(json.dumps(resource, sort_keys=True) for resource in self.resources())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def audit(self) -> list[Audited]:
        """All calls, oldest first; a bundle is followed by what was done of it."""
        entries, log = [], self._log
        while log is not None:
            log, entry = log
            entries.append(entry)
        return entries[::-1]

    def call(self, call: Call, caller: Caller) -> Answer:
        """Does what a client asks, or says why not; what is refused changes nothing but clock and log."""
        store, log = self._store, self._log
        self._calls += 1
        fault = self.faults.of_call(self._calls)
        store.now += CALL + timedelta(milliseconds=fault.latency_ms)
        found = _routed(call)
        where = found if isinstance(found, Route) else None
        try:
            if call.unread is not None:
                raise call.unread
            if isinstance(found, Refusal):
                raise found
            if fault.unavailable:
                raise Refusal(503, "the server is busy and did nothing; call again.")
            answer = self._do(call, found, caller, fault, None)
        # a server has to go on, whatever it is sent; what is not foreseen has a code of its own, by which tests find it
        except Exception as error:
            refusal = error if isinstance(error, Refusal) else unforeseen(error)
            headers = {"Allow": ", ".join(refusal.allowed)} if isinstance(refusal, NotAllowed) else {}
            answer = Answer(refusal.status, refusal.outcome(), headers)
            self._log = log
        inner, self._log = self._log, log
        self._record(caller, where, call, answer.status)
        self._log = _behind(self._log, inner, log)
        return answer

    def _record(self, caller: Caller, where: Route | None, call: Call, status: int) -> None:
        name: Logged = "unknown"
        if where is not None:
            kind = call.body.get("type") if isinstance(call.body, Mapping) else None
            name = _LOGGED.get(where.name, "transaction" if kind == "transaction" else "batch")
        entry = Audited(self.now, caller.name, caller.role.name, name, where.target if where else "", status)
        self._log = (self._log, entry)

    def _do(self, call: Call, where: Route, caller: Caller, fault: Fault, identifier: str | None) -> Answer:
        if where.name == "capabilities":
            return Answer(200, capability_statement())
        if where.name == "bundle":
            return self._bundle(call, caller, fault)
        for needed in _NEEDS[where.name]:
            caller.demand(needed, where.kind)
        if where.name in ("read", "vread", "history", "search"):
            until = self.now - timedelta(seconds=self.faults.lag_s) if fault.stale else None
            return self._read(call, where, caller, View(self._store.top, until))
        with self._store.whole():
            return self._write(call, where, caller, identifier)

    def _bundle(self, call: Call, caller: Caller, fault: Fault) -> Answer:
        kind, entries = entries_of(call.body)

        def do(inner: Call, where: Route, identifier: str | None) -> Answer:
            try:
                answer = self._do(inner, where, caller, fault, identifier)
            except Refusal as refusal:
                self._record(caller, where, inner, refusal.status)
                raise
            self._record(caller, where, inner, answer.status)
            return answer

        if kind == "transaction":
            return Answer(200, transaction(entries, self._store, caller.may_search, do))
        with self._store.whole():
            return Answer(200, batch(entries, do))

    def _read(self, call: Call, where: Route, caller: Caller, view: View) -> Answer:
        if where.name == "search":
            return Answer(200, search(view, where.kind, call.query, caller.may_search))
        if call.query and dict(call.query).keys() != {"_format"}:
            raise Refusal(400, f"{where.target}: a read takes no parameters; leave them out.")
        if where.name == "history":
            return Answer(200, history(where.key, view))
        if where.name == "read":
            return with_version(200, readable(view, where.key))
        for version in view.history(where.key):
            if str(version.number) == where.version:
                if version.resource is None:
                    raise Refusal(410, f"{where.target}: version {where.version} is its deletion; read an earlier one.")
                return with_version(200, version)
        raise Refusal(404, f"{where.target}: no version {where.version}; see its history.")

    def _write(self, call: Call, where: Route, caller: Caller, identifier: str | None) -> Answer:
        store, match = self._store, call.if_match
        written: Written | None
        if where.name != "conditional update" and call.query:
            raise Refusal(400, f"{where.target}: this takes no parameters; leave them out.")
        if where.name in ("create", "conditional update"):
            _same_type(call.body, where.kind)
        if where.name == "create":
            if identifier is None and call.unless is not None:
                identifier = store.matching(where.kind, call.unless, caller.may_search)
            written = store.create(call.body, identifier)
        elif where.name in ("update", "conditional update"):
            key, body = where.key, call.body
            if where.name == "conditional update":
                key = where.kind, identifier or store.updated_at(where.kind, call.query, body, caller.may_search)
                body = {"id": key[1], **body} if isinstance(body, Mapping) else body
            last = store.top.latest(key)
            if last is None or last.resource is None:
                caller.demand("create", where.kind)
            written = store.update(key, body, if_match=match)
        elif where.name == "patch":
            written = store.patch(where.key, call.body, if_match=match)
        else:
            written = store.delete(where.key, if_match=match)
        if written is None or written.status == 204:
            return Answer(204)
        return with_version(written.status, written.version)


def _routed(call: Call) -> Route | Refusal:
    try:
        return route(call)
    except Refusal as refusal:
        return refusal


def _behind(log: Log, inner: Log, until: Log) -> Log:
    """The log, and behind its end what was logged within the call."""
    entries = []
    while inner is not until and inner is not None:
        inner, entry = inner
        entries.append(entry)
    for entry in reversed(entries):
        log = (log, entry)
    return log


def _same_type(body: Any, kind: str) -> None:
    if isinstance(body, Mapping) and body.get("resourceType") != kind:
        raise Refusal(400, f"{kind}, field 'resourceType': the body is of another type; send it to its own path.")
