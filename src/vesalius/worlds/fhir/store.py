"""The resources of a clinic: reading, writing and their conditions, on layers of versions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from vesalius.worlds.fhir.frozen import FrozenDict, freeze
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.layers import Key, Layer, Version, referring
from vesalius.worlds.fhir.patch import patched
from vesalius.worlds.fhir.query import Pairs, parse
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.search import View, found
from vesalius.worlds.fhir.structure import IDENTIFIER, Checks, checked
from vesalius.worlds.fhir.values import references_in, values_of

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

    @contextmanager
    def together(self) -> Iterator[None]:
        """All writes within, or none of them where one is refused."""
        below, counters = self.top, (self.next_id, self.births)
        self.top, self._unresolved = Layer(below), []
        try:
            yield
            for key in self._unresolved:
                self._resolve(key)
        except BaseException:
            self.top, (self.next_id, self.births) = below, counters
            raise
        else:
            below.absorb(self.top)
            self.top = below
        finally:
            self._unresolved = None

    def present(self, key: Key) -> Version:
        """The last version of a resource.

        Raises:
            Refusal: 404 where it never was there, 410 where it was deleted.
        """
        return readable(View(self.top), key)

    def create(self, resource: Any, *, unless: Pairs = (), identifier: str | None = None) -> Written:
        """Keeps a resource under a new id.

        Args:
            resource: its own id does not count.
            unless: conditional create: where one resource meets these criteria, that one is given and nothing written.
            identifier: the id, where it was assigned before.

        Raises:
            Refusal: if it is no resource that can be kept, a reference leads nowhere, or several resources meet the criteria.
        """
        ready = self._checked(resource)
        name = ready["resourceType"]
        if unless:
            there = self._matching(name, unless)
            if there is not None:
                return Written(there, self.present(there), 200)
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

    def update_where(self, name: str, criteria: Pairs, resource: Any, *, if_match: str | None = None) -> Written:
        """Replaces the one resource that meets criteria, or keeps a new one where none does.

        Raises:
            Refusal: as for ``update``; 412 where several meet them, 409 where the id of a new one is taken.
        """
        there = self._matching(name, criteria)
        ready = self._checked(resource)
        if there is not None:
            return self.update(there, {**ready, "id": ready.get("id", there[1])}, if_match=if_match)
        identifier = ready.get("id")
        if identifier is None:
            return self.create(ready)
        if self.top.latest((name, identifier)) is not None:
            raise Refusal(409, f"{_name((name, identifier))}: taken, and not what the criteria find; leave out the id.")
        return self.update((name, identifier), ready, if_match=if_match)

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

    def new_id(self, name: str) -> str:
        """An id that no resource of the type has or had."""
        while True:
            identifier = str(self.next_id)
            self.next_id += 1
            if self.top.latest((name, identifier)) is None:
                return identifier

    def _checked(self, resource: Any) -> FrozenDict:
        if not isinstance(resource, Mapping):
            raise Refusal(400, "the body is not a JSON object; send a resource.", code="structure")
        return checked(resource, self.checks)

    def _match(self, key: Key, if_match: str | None) -> None:
        if if_match is None:
            return
        last = self.top.latest(key)
        if last is None or if_match.strip() not in (f'W/"{last.number}"', f'"{last.number}"'):
            raise Refusal(412, f"{_name(key)}: not in the version that If-Match names; read it again.")

    def _matching(self, name: str, criteria: Pairs) -> Key | None:
        query = parse(name, criteria)
        if not query.criteria:
            raise Refusal(412, f"{name}: a condition without criteria; name some.")
        there = found(View(self.top), query)
        if len(there) > 1:
            raise Refusal(412, f"{name}: {len(there)} resources meet the criteria; name more of them.", code="multiple-matches")
        return there[0][0] if there else None

    def _write(self, key: Key, ready: FrozenDict, method: Method) -> Written:
        last = self.top.latest(key)
        number = 1 if last is None else last.number + 1
        moment = self.now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        meta = {**ready.get("meta", {}), "versionId": str(number), "lastUpdated": moment}
        fields = {"resourceType": key[0], "id": key[1], "meta": meta}
        kept = freeze({**fields, **{name: value for name, value in ready.items() if name not in fields}})
        born = last.born if last is not None else self.births
        self.births += last is None
        version = Version(number, self.now, kept, method, born, values_of(kept, kinds()[key[0]]))
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
        contained = {f"#{one.get('id')}" for one in resource.get("contained", []) if isinstance(one, dict)}
        for target in references_in(resource):
            if target not in contained and target != _name(key) and not self._leads(target):
                what = f"{_name(key)}: the reference {shown(target)} leads to nothing kept here"
                raise Refusal(400, f"{what}; create its target first.", code="not-found")
        for parameter in kinds()[key[0]].parameters.values():
            if parameter.kind == "reference":
                for value in version.values.get(parameter.name, ()):
                    self._of_type(key, str(value).partition("/")[0], parameter.paths)

    def _leads(self, target: str) -> bool:
        name, _, rest = target.partition("/")
        identifier, history, number = rest.partition("/_history/")
        last = self.top.latest((name, identifier))
        if last is None or last.resource is None:
            return False
        return not history or any(str(one.number) == number for one in self.top.history((name, identifier)))

    def _of_type(self, key: Key, name: str, paths: tuple[str, ...]) -> None:
        allowed = {target for other in kinds()[key[0]].parameters.values() if other.paths == paths for target in other.targets}
        if not name.startswith("#") and name not in allowed:
            where = f"{_name(key)}, field {paths[0]!r}"
            raise Refusal(
                400, f"{where}: refers to a type that may not stand there; use {', '.join(sorted(allowed))}.", code="value"
            )


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
