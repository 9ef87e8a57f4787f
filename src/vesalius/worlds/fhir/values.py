"""What of a resource can be searched for: the values of each parameter, in the form in which they are compared."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vesalius.worlds.fhir.dates import Span, span
from vesalius.worlds.fhir.kinds import Kind, Parameter

FOREVER = (float("-inf"), float("inf"))


class Token(NamedTuple):
    """A code in its system; the empty system where it has none."""

    system: str
    code: str


class Quantity(NamedTuple):
    """A number with its unit, as a code of a system and as it is shown."""

    value: float
    system: str
    code: str
    unit: str


Value = Token | Quantity | Span | str
Values = Mapping[str, tuple[Value, ...]]
"""By name of the parameter; a reference is its target, such as ``Patient/1``, and a string stands as it is written."""


def at(resource: Any, path: str) -> list[Any]:
    """What stands at a path, item by item where lists are on the way.

    >>> at({"name": [{"given": ["Ana", "Lu"]}, {"given": ["Eva"]}]}, "name.given")
    ['Ana', 'Lu', 'Eva']
    """
    found = [resource]
    for step in path.split("."):
        inner = [item[step] for item in found if isinstance(item, dict) and step in item]
        found = []
        for item in inner:
            found.extend(item) if isinstance(item, list) else found.append(item)
    return found


def values_of(resource: Mapping[str, Any], kind: Kind) -> Values:
    """The values of all parameters that have any."""
    found = {}
    for name, parameter in kind.parameters.items():
        values = tuple(value for path in parameter.paths for item in at(resource, path) for value in _normal(item, parameter))
        if values:
            found[name] = values
    return found


def references_in(value: Any) -> Iterator[str]:
    """All references to other resources, contained ones included."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "reference" and isinstance(item, str):
                yield item
            elif isinstance(item, dict | list):
                yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def unversioned(target: str) -> str:
    """A reference without the version that it names.

    >>> unversioned("Patient/7/_history/2"), unversioned("Patient/7")
    ('Patient/7', 'Patient/7')
    """
    return target.partition("/_history/")[0]


def inner_targets(resource: Mapping[str, Any]) -> set[str]:
    """Targets within a resource: its contained ones, and itself for those.

    >>> sorted(inner_targets({"resourceType": "Patient", "contained": [{"resourceType": "Organization", "id": "o"}]}))
    ['#', '#o']
    """
    return {"#", *(f"#{one.get('id')}" for one in resource.get("contained", []))}


def _normal(item: Any, parameter: Parameter) -> Iterator[Value]:
    if parameter.kind == "token":
        yield from _tokens(item)
    elif parameter.kind == "reference":
        if isinstance(item, dict) and isinstance(item.get("reference"), str):
            target = unversioned(item["reference"])
            # a parameter such as patient searches only some of the references at its path
            if target.startswith("#") or target.partition("/")[0] in parameter.targets:
                yield target
    elif parameter.kind == "string":
        yield from _texts(item)
    elif parameter.kind == "date":
        yield from _spans(item)
    elif isinstance(item, dict) and isinstance(item.get("value"), int | float):
        names = (str(item.get(name, "")) for name in ("system", "code", "unit"))
        yield Quantity(float(item["value"]), *names)


def _tokens(item: Any) -> Iterator[Token]:
    if isinstance(item, bool):
        yield Token("", "true" if item else "false")
    elif isinstance(item, str):
        yield Token("", item)
    elif isinstance(item, dict):
        codings = item.get("coding", [item])
        for coding in codings if isinstance(codings, list) else []:
            if isinstance(coding, dict):
                code = coding.get("code", coding.get("value"))
                if isinstance(code, str):
                    yield Token(str(coding.get("system", "")), code)


def _texts(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        for name, part in item.items():
            if name not in ("use", "type", "period", "extension", "id"):
                for text in part if isinstance(part, list) else [part]:
                    if isinstance(text, str):
                        yield text


def _spans(item: Any) -> Iterator[Span]:
    if isinstance(item, str):
        found = span(item)
        if found is not None:
            yield found
    elif isinstance(item, dict):
        first, last = (span(item[name]) if isinstance(item.get(name), str) else None for name in ("start", "end"))
        if first or last:
            yield (first or FOREVER)[0], (last or FOREVER)[1]
