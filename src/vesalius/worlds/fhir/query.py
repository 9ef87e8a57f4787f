"""A search as the client wrote it: criteria, order, page, and what is sent along."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vesalius.worlds.fhir.criteria import Criterion, criterion
from vesalius.worlds.fhir.frozen import halved
from vesalius.worlds.fhir.kinds import Kind, Parameter, kinds
from vesalius.worlds.fhir.refusals import Refusal, shown

Pairs = Sequence[tuple[str, str]]
"""The parameters of a query in their order."""

PAGE = 20
LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Query:
    """A search of one type.

    Attributes:
        kind: the type.
        criteria: all of which are met.
        sort: parameters, and whether from the largest.
        count: resources a page.
        offset: of the page.
        include: reference parameters whose targets are sent along, and the type of target where only one is wanted.
        count_only: whether only the number is asked for.
    """

    kind: Kind
    criteria: tuple[Criterion, ...]
    sort: tuple[tuple[Parameter, bool], ...] = ()
    count: int = PAGE
    offset: int = 0
    include: tuple[tuple[Parameter, str], ...] = ()
    count_only: bool = False


def known(name: str) -> Kind:
    """A type by its name.

    Raises:
        Refusal: 404 where the clinic does not keep it.
    """
    kind = kinds().get(name)
    if kind is None:
        raise Refusal(404, f"resource type {shown(name)}: not kept here; see the CapabilityStatement for those that are.")
    return kind


def parse(name: str, pairs: Pairs) -> Query:
    """Reads a query; what is not understood is refused, never left out.

    >>> query = parse("Observation", [("patient.family", "Lee"), ("_sort", "-date"), ("_count", "1")])
    >>> query.criteria[0].chain[0][0], query.sort[0][1], query.count
    ('Patient', True, 1)

    Raises:
        Refusal: naming the parameter that is unknown or has no such value.
    """
    kind = known(name)
    for one, text in pairs:
        if halved(one) or halved(text):
            raise Refusal(400, f"search parameter {shown(one)}: half a character in it; send whole ones.")
    single = _single(pairs)
    if single.get("_summary", "count") not in ("count", "false"):
        raise Refusal(400, "search parameter '_summary': only count and false are offered; leave it out.")
    if single.get("_format", "json") not in ("json", "application/json", "application/fhir+json"):
        raise Refusal(406, "search parameter '_format': only json is offered; leave it out.")
    others = [(one, text) for one, text in pairs if one not in _SINGLE and one != "_include"]
    return Query(
        kind,
        tuple(_criterion(kind, one, text, chained=False) for one, text in others),
        tuple(_sort(kind, text) for text in single["_sort"].split(",")) if "_sort" in single else (),
        min(_number("_count", single.get("_count", str(PAGE))), LARGEST_PAGE),
        _number("_offset", single.get("_offset", "0")),
        tuple(_include(kind, text) for one, text in pairs if one == "_include"),
        single.get("_summary") == "count" or single.get("_count") == "0",
    )


_SINGLE = ("_count", "_offset", "_sort", "_summary", "_format")


def _single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in pairs:
        if name in found:
            raise Refusal(400, f"search parameter {name!r}: given twice; give it once.")
        if name in _SINGLE:
            found[name] = text
    return found


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Refusal(400, f"search parameter {name!r}: not a whole number of 0 or more; give one.")
    return int(text)


def _parameter(kind: Kind, name: str) -> Parameter:
    found = kind.parameters.get(name)
    if found is None:
        offered = ", ".join(sorted(kind.parameters))
        raise Refusal(
            400, f"search parameter {shown(name)}: unknown for {kind.name}; use one of {offered}.", code="not-supported"
        )
    return found


def _criterion(kind: Kind, written: str, text: str, *, chained: bool) -> Criterion:
    name, dot, rest = written.partition(".")
    name, _, modifier = name.partition(":")
    parameter = _parameter(kind, name)
    if not dot:
        return criterion(parameter, modifier, text)
    if parameter.kind != "reference" or chained or "." in rest:
        raise Refusal(400, f"search parameter {shown(written)}: only one step over a reference is offered; search in two calls.")
    if modifier and modifier not in parameter.targets:
        raise Refusal(
            400, f"search parameter {shown(written)}: no type that {name} leads to; use {', '.join(parameter.targets)}."
        )
    chain = []
    for target in [modifier] if modifier else parameter.targets:
        if modifier or rest.partition(":")[0] in kinds()[target].parameters:
            chain.append((target, _criterion(kinds()[target], rest, text, chained=True)))
    if not chain:
        raise Refusal(
            400, f"search parameter {shown(written)}: unknown for {', '.join(parameter.targets)}.", code="not-supported"
        )
    return Criterion(parameter, chain=tuple(chain))


def _sort(kind: Kind, text: str) -> tuple[Parameter, bool]:
    return _parameter(kind, text.removeprefix("-")), text.startswith("-")


def _include(kind: Kind, text: str) -> tuple[Parameter, str]:
    source, _, rest = text.partition(":")
    name, _, target = rest.partition(":")
    parameter = kind.parameters.get(name)
    if source != kind.name or parameter is None or parameter.kind != "reference" or (target and target not in parameter.targets):
        example = next((f"{kind.name}:{one.name}" for one in kind.parameters.values() if one.kind == "reference"), "none")
        raise Refusal(400, f"search parameter '_include': not a reference of {kind.name}; write it like {example}.")
    return parameter, target
