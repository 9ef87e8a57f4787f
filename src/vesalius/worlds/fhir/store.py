"""The resources of a clinic: reading, writing and their conditions, on layers of versions."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from vesalius.worlds.fhir.frozen import FrozenDict, freeze
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.layers import Key, Layer, Version, referring
from vesalius.worlds.fhir.patch import patched
from vesalius.worlds.fhir.query import Pairs, parse
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.search import Allowed, View, found, permitted
from vesalius.worlds.fhir.structure import IDENTIFIER, Checks, checked
from vesalius.worlds.fhir.values import at, inner_targets, references_in, values_of

Method = Literal["POST", "PUT", "PATCH", "DELETE"]


class Written(NamedTuple):
    """What a write left.

    Attributes:
        key: type and id.
        version: the last one; of a deletion without its resource.
        status: 201 where it is new, 204 where it is gone, otherwise 200.
    """

    key: Key
    version: Version
    status: int


class Store:
    """Layers with a clock and a counter; every change of them is a method here."""

    def __init__(self, *, now: datetime, checks: Checks) -> None:
        """Args: the moment, with its zone, and how writes are checked."""
        self.top = Layer(None)
        self.now = now
        self.next_id = 1
        self.births = 0
        self.checks: Checks = checks
        # references of a transaction may lead to what is written later in it, so that they are looked up at its end
        self._unresolved: list[Key] | None = None
        self._promised: frozenset[Key] = frozenset()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All writes within, or none of them where something is raised."""
        below, counters = self.top, (self.next_id, self.births)
        self.top = Layer(below)
        try:
            yield
        except BaseException:
            self.top, (self.next_id, self.births) = below, counters
            raise
        below.absorb(self.top)
        self.top = below

    @contextmanager
    def together(self, promised: Iterable[Key] = ()) -> Iterator[None]:
        """All writes within, or none of them where one is refused; they may refer to each other in any order.

        Args:
            promised: what will be written to under these ids, so that nothing else is given one of them.
        """
        self._unresolved, self._promised = [], frozenset(promised)
        try:
            with self.whole():
                yield
                for key in self._unresolved:
                    self._resolve(key)
        finally:
            self._unresolved, self._promised = None, frozenset()

    def load(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """Keeps resources under their ids, all or none, as if they had been there always.

        Raises:
            Refusal: if one has no id, a wrong structure, or a reference that leads nowhere.
        """
        with self.together():
            for resource in resources:
                ready = checked(resource, "structure")
                key = ready["resourceType"], ready.get("id", "")
                if not key[1]:
                    raise Refusal(400, f"{key[0]}, field 'id': missing; a resource that is loaded needs its own.")
                self._write(key, ready, "PUT", loaded=True)

    def present(self, key: Key) -> Version:
        """The last version of a resource.

        Raises:
            Refusal: 404 where it never was there, 410 where it was deleted.
        """
        return readable(View(self.top), key)

    def create(self, resource: Any, identifier: str | None = None) -> Written:
        """Keeps a resource under a new id.

        Args:
            resource: its own id does not count.
            identifier: where it was found or given out before; what is there already is given as it is.

        Raises:
            Refusal: if it is no resource that can be kept, or a reference leads nowhere.
        """
        ready = self._checked(resource)
        name = ready["resourceType"]
        if identifier is not None and self.top.latest((name, identifier)) is not None:
            return Written((name, identifier), self.present((name, identifier)), 200)
        return self._write((name, identifier or self.new_id(name)), ready, "POST")

    def update(self, key: Key, resource: Any, *, if_match: str | None = None) -> Written:
        """Replaces a resource, or keeps a new one under this id.

        Raises:
            Refusal: as for ``create``; 412 where the version is not the one of ``if_match``; 400 where the ids differ.
        """
        ready = self._checked(resource)
        self._match(key, if_match)
        if ready["resourceType"] != key[0] or ready.get("id") != key[1]:
            raise Refusal(400, f"{_name(key)}: the resource has another type or id; name the one that is replaced.")
        return self._write(key, ready, "PUT")

    def patch(self, key: Key, operations: Any, *, if_match: str | None = None) -> Written:
        """Changes elements of a resource by a JSON Patch.

        Raises:
            Refusal: as for ``update``; 404 where it is not there, 422 where the patch does not fit.
        """
        before = self.present(key)
        self._match(key, if_match)
        assert before.resource is not None
        ready = self._checked(patched(before.resource, operations, _name(key)))
        if ready["resourceType"] != key[0] or ready.get("id") != key[1]:
            raise Refusal(400, f"{_name(key)}: a patch may not change type or id; leave them.")
        return self._write(key, ready, "PATCH")

    def delete(self, key: Key, *, if_match: str | None = None) -> Written | None:
        """Deletes a resource; its versions stay.

        Returns:
            None where it was not there.

        Raises:
            Refusal: 409 where another resource refers to it.
        """
        before = self.top.latest(key)
        self._match(key, if_match)
        if before is None or before.resource is None:
            return None
        gone = Version(before.number + 1, self.now, None, "DELETE", before.born, {})
        if self._unresolved is None:
            self._unreferred(key)
        else:
            self._unresolved.append(key)
        self.top.write(key, gone)
        return Written(key, gone, 204)

    def matching(self, name: str, criteria: Pairs, allowed: Allowed) -> str | None:
        """The id of the one resource that meets criteria; None where there is none.

        Raises:
            Refusal: 412 where several meet them, or there are none; 403 where one is not allowed to search for them.
        """
        query = permitted(parse(name, criteria), allowed)
        if not query.criteria:
            raise Refusal(412, f"{name}: a condition without criteria; name some.")
        there = found(View(self.top), query)
        if len(there) > 1:
            raise Refusal(412, f"{name}: {len(there)} resources meet the criteria; name more of them.", code="multiple-matches")
        return there[0][0][1] if there else None

    def updated_at(self, name: str, criteria: Pairs, resource: Any, allowed: Allowed) -> str:
        """The id that a conditional update writes to: of the one that meets criteria, otherwise the resource's own or a new one.

        Raises:
            Refusal: as for ``matching``; 409 where the resource's own id is another's.
        """
        there = self.matching(name, criteria, allowed)
        own = resource.get("id") if isinstance(resource, Mapping) else None
        if there is not None or not isinstance(own, str):
            return there or self.new_id(name)
        if self.top.latest((name, own)) is not None:
            raise Refusal(409, f"{_name((name, own))}: taken, and not what the criteria find; leave out the id.")
        return own

    def new_id(self, name: str) -> str:
        """An id that no resource of the type has or had."""
        while True:
            identifier = str(self.next_id)
            self.next_id += 1
            if self.top.latest((name, identifier)) is None and (name, identifier) not in self._promised:
                return identifier

    def _checked(self, resource: Any) -> FrozenDict:
        if not isinstance(resource, Mapping):
            raise Refusal(400, "the body is not a JSON object; send a resource.", code="structure")
        return checked(resource, self.checks)

    def _match(self, key: Key, if_match: str | None) -> None:
        if if_match is None:
            return
        last, asked = self.top.latest(key), if_match.strip()
        there = last is not None and last.resource is not None
        if not (there if asked == "*" else last is not None and asked in (f'W/"{last.number}"', f'"{last.number}"')):
            raise Refusal(412, f"{_name(key)}: not in the version that If-Match names; read it again.")

    def _write(self, key: Key, ready: FrozenDict, method: Method, *, loaded: bool = False) -> Written:
        last = self.top.latest(key)
        number = 1 if last is None else last.number + 1
        moment = self.now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        meta = {**ready.get("meta", {}), "versionId": str(number), "lastUpdated": moment}
        fields = {"resourceType": key[0], "id": key[1], "meta": meta}
        kept = freeze({**fields, **{name: value for name, value in ready.items() if name not in fields}})
        born = last.born if last is not None else self.births
        self.births += last is None
        version = Version(number, self.now, kept, method, born, values_of(kept, kinds()[key[0]]), loaded)
        if self._unresolved is None:
            self._resolvable(key, version)
        else:
            self._unresolved.append(key)
        self.top.write(key, version)
        return Written(key, version, 201 if last is None or last.resource is None else 200)

    def _resolve(self, key: Key) -> None:
        version = self.top.latest(key)
        assert version is not None
        if version.resource is None:
            self._unreferred(key)
        else:
            self._resolvable(key, version)

    def _unreferred(self, key: Key) -> None:
        if any(other != key for other, _ in self.top.find(referring(_name(key)))):
            raise Refusal(409, f"{_name(key)}: other resources refer to it; delete those first.")

    def _resolvable(self, key: Key, version: Version) -> None:
        resource = version.resource
        assert resource is not None
        inner = inner_targets(resource)
        for target in references_in(resource):
            if target not in inner and target != _name(key) and not self._leads(target):
                what = f"{_name(key)}: the reference {shown(target)} leads to nothing kept here"
                raise Refusal(400, f"{what}; create its target first.", code="not-found")
        for path, allowed in kinds()[key[0]].leads.items():
            for target in at(resource, f"{path}.reference"):
                if isinstance(target, str) and not target.startswith("#") and target.partition("/")[0] not in allowed:
                    what = f"refers to a type that may not stand there; use {', '.join(sorted(allowed))}"
                    raise Refusal(400, f"{_name(key)}, field {path!r}: {what}.", code="value")

    def _leads(self, target: str) -> bool:
        name, _, rest = target.partition("/")
        identifier, history, number = rest.partition("/_history/")
        last = self.top.latest((name, identifier))
        if last is None or last.resource is None:
            return False
        return not history or any(str(one.number) == number for one in self.top.history((name, identifier)))


def readable(view: View, key: Key) -> Version:
    """The last version of a resource, as seen.

    Raises:
        Refusal: 404 where it never was there, 410 where it was deleted.
    """
    version = view.latest(key)
    if version is None:
        raise Refusal(404, f"{_name(key)}: not known; search for its id.")
    if version.resource is None:
        raise Refusal(410, f"{_name(key)}: deleted; its versions are in its history.")
    return version


def _name(key: Key) -> str:
    return "/".join(key) if IDENTIFIER.fullmatch(key[1]) else f"{key[0]}/{shown(key[1])}"
