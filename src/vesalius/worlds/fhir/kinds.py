"""The resource types that the clinic keeps, with their search parameters, as FHIR R4 defines them."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Literal, cast

ParameterKind = Literal["token", "reference", "date", "string", "quantity"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What can be searched for.

    Attributes:
        name: as in a query.
        kind: how values are compared.
        paths: of the elements that are searched; lists on the way are searched item by item.
        targets: types that a reference may lead to.
    """

    name: str
    kind: ParameterKind
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


COMMON = {
    "_id": Parameter("_id", "token", ("id",)),
    "_lastUpdated": Parameter("_lastUpdated", "date", ("meta.lastUpdated",)),
}
"""Parameters of every type."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type.

    Attributes:
        name: of the type.
        required: elements that must be there; of an element of ``choices``, one of its forms.
        choices: elements whose name ends in the type of the value, such as ``medication[x]``.
        codes: the values that a required code may have, by element.
        parameters: of a search, by name, with those of every type.
        leads: the types that a reference may lead to, by its path, where a parameter searches it.
    """

    name: str
    required: tuple[str, ...]
    choices: tuple[str, ...]
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    leads: Mapping[str, frozenset[str]] = field(default_factory=dict)


@cache
def kinds() -> Mapping[str, Kind]:
    """All types, by name.

    >>> kinds()["Observation"].parameters["date"].paths
    ('effectiveDateTime', 'effectivePeriod', 'effectiveInstant')
    """
    parameters: dict[str, dict[str, Parameter]] = {}
    for row in _table("parameters.tsv"):
        kind = cast(ParameterKind, row["kind"])
        one = Parameter(row["name"], kind, tuple(row["paths"].split()), tuple(row["targets"].split()))
        parameters.setdefault(row["type"], {})[one.name] = one
    found: dict[str, Kind] = {}
    for row in _table("elements.tsv"):
        name = row["type"]
        codes = {row["coded"]: frozenset(row["codes"].split())} if row["coded"] else {}
        known = found.get(name)
        if known is not None:
            found[name] = replace(known, codes={**known.codes, **codes})
            continue
        required, choices = tuple(row["required"].split()), tuple(row["choice"].split())
        found[name] = Kind(name, required, choices, codes, {**COMMON, **parameters[name]}, _leads(parameters[name].values()))
    return found


def _leads(parameters: Iterable[Parameter]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in parameters:
        for path in one.paths if one.kind == "reference" else ():
            found[path] = found.get(path, frozenset()).union(one.targets)
    return found


def _table(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("vesalius.worlds.fhir").joinpath(name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines(), delimiter="\t")
