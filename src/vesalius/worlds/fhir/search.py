"""Searches over the layers of a clinic."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from vesalius.worlds.fhir.criteria import Criterion, folded, targets
from vesalius.worlds.fhir.frozen import FrozenDict
from vesalius.worlds.fhir.kinds import Kind, Parameter
from vesalius.worlds.fhir.layers import Key, Layer, Version, every
from vesalius.worlds.fhir.query import Pairs, Query, parse
from vesalius.worlds.fhir.values import Value, Values

Allowed = Callable[[str], None]
"""Raises where resources of a type may not be searched."""


class View:
    """The clinic as it is, or as it was at an earlier moment of a server that lags behind."""

    def __init__(self, top: Layer, until: datetime | None = None) -> None:
        """Args: the layers, and the moment, where not the present."""
        self.top = top
        self.until = until

    def latest(self, key: Key) -> Version | None:
        """The last version of a resource, which may be a deletion."""
        if self.until is None:
            return self.top.latest(key)
        return next(iter(self.history(key)), None)

    def history(self, key: Key) -> list[Version]:
        """All versions of a resource, newest first."""
        versions, until = self.top.history(key), self.until
        return versions if until is None else [one for one in versions if one.loaded or one.moment <= until]

    def candidates(self, query: Query) -> Iterator[tuple[Key, Version]]:
        """Resources among which those that meet the criteria are; the index knows the present only."""
        name = query.kind.name
        if self.until is not None:
            return self._at(self.top.ever(name))
        for one in query.criteria:
            if one.parameter.name == "_id" and not one.modifier:
                return self._at((name, text) for text in dict.fromkeys(asked.text for asked in one.accepted))
        best = [every(name)]
        for one in query.criteria:
            codes = [targets(one, asked) for asked in one.accepted]
            if codes and all(codes) and one.parameter.name != "_id":
                postings = [(name, one.parameter.name, code) for some in codes for code in some]
                best = min(best, postings, key=lambda some: sum(map(self.top.count, some)))
        return (one for posting in dict.fromkeys(best) for one in self.top.find(posting))

    def _at(self, keys: Iterable[Key]) -> Iterator[tuple[Key, Version]]:
        for key in keys:
            version = self.latest(key)
            if version is not None and version.resource is not None:
                yield key, version


def found(view: View, query: Query) -> list[tuple[Key, Version]]:
    """All resources that meet the criteria, in their order: as asked, otherwise as they were created."""
    chains = {id(one): _led_to(view, one) for one in query.criteria if one.chain}
    results: dict[Key, Version] = {}
    for key, version in view.candidates(query):
        values = version.values
        for one in query.criteria:
            if not (one.met(values) if not one.chain else _leads(one, values, chains[id(one)])):
                break
        else:
            results[key] = version
    ordered = sorted(results.items(), key=lambda item: item[1].born)
    for parameter, descending in reversed(query.sort):
        ordered = _sorted(ordered, parameter, descending)
    return ordered


def _led_to(view: View, one: Criterion) -> set[str]:
    keys = [key for name, inner in one.chain for key, _ in found(view, Query(_kind(name), (inner,)))]
    return {"/".join(key) for key in keys}


def _kind(name: str) -> Kind:
    return parse(name, ()).kind


def _leads(one: Criterion, values: Values, targets: set[str]) -> bool:
    return any(value in targets for value in values.get(one.parameter.name, ()))


def _sorted(items: list[tuple[Key, Version]], parameter: Parameter, descending: bool) -> list[tuple[Key, Version]]:
    """Stable; by the smallest value, or the largest where from the largest; those without a value stand last.

    Texts go without regard to case and accents.
    """
    pick: Callable[..., Any] = max if descending else min
    having = [item for item in items if parameter.name in item[1].values]
    without = [item for item in items if parameter.name not in item[1].values]

    def place(item: tuple[Key, Version]) -> Value:
        values = item[1].values[parameter.name]
        value: Value = pick(folded(str(one)) for one in values) if parameter.kind == "string" else pick(values)
        return value

    return sorted(having, key=place, reverse=descending) + without


def permitted(query: Query, allowed: Allowed) -> Query:
    """A query, where all types that it looks at may be searched.

    Raises:
        Refusal: where one may not.
    """
    allowed(query.kind.name)
    for one in query.criteria:
        for target, _ in one.chain:
            allowed(target)
    return query


def search(view: View, name: str, pairs: Pairs, allowed: Allowed) -> dict[str, Any]:
    """A searchset Bundle with the page that is asked for and links to its neighbours.

    A page is counted anew at each call, so that what is written between two calls may move a resource to another page.

    Raises:
        Refusal: for what is not understood or not allowed.
    """
    query = permitted(parse(name, pairs), allowed)
    results = found(view, query)
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(results)}
    if query.count_only:
        return bundle
    page = results[query.offset : query.offset + query.count]
    bundle["link"] = _links(query, pairs, len(results))
    entries = [_entry(version, "match") for _, version in page]
    entries += [_entry(version, "include") for version in _included(view, query, page, allowed)]
    if entries:
        bundle["entry"] = entries
    return bundle


def _entry(version: Version, mode: str) -> dict[str, Any]:
    resource = version.resource
    assert isinstance(resource, FrozenDict)
    return {"fullUrl": f"{resource['resourceType']}/{resource['id']}", "resource": resource, "search": {"mode": mode}}


def _links(query: Query, pairs: Pairs, total: int) -> list[dict[str, str]]:
    rest = [(name, text) for name, text in pairs if name != "_offset"]

    def link(relation: str, offset: int) -> dict[str, str]:
        asked = urlencode(rest + ([("_offset", str(offset))] if offset else []))
        return {"relation": relation, "url": f"{query.kind.name}?{asked}"}

    links = [link("self", query.offset)]
    if query.offset + query.count < total:
        links.append(link("next", query.offset + query.count))
    if query.offset:
        links.append(link("previous", max(0, query.offset - query.count)))
    return links


def _included(view: View, query: Query, page: list[tuple[Key, Version]], allowed: Allowed) -> Iterator[Version]:
    seen = {key for key, _ in page}
    for parameter, wanted in query.include:
        for _, version in page:
            for value in version.values.get(parameter.name, ()):
                name, _, identifier = str(value).partition("/")
                target = view.latest((name, identifier))
                if (name, identifier) in seen or target is None or target.resource is None or wanted not in ("", name):
                    continue
                allowed(name)
                seen.add((name, identifier))
                yield target
