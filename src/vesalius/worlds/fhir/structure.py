"""What a resource must be before it is kept: cheap checks of our own, then the models of ``fhir.resources``.

The models are of R4B, the release in which that package keeps R4; the types that the clinic has are the same in both. They do not
check codes, so that the codes of required elements are ours to check. Decimals are floats, so that ``5.40`` is kept as 5.4.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from vesalius.worlds.fhir.dates import span
from vesalius.worlds.fhir.frozen import FrozenDict, freeze
from vesalius.worlds.fhir.kinds import Kind
from vesalius.worlds.fhir.query import known
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.values import at

Checks = Literal["models", "structure"]
"""Whether a write is checked by the models as well, which takes some 0.2 ms."""

IDENTIFIER = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


def checked(resource: Mapping[str, Any], checks: Checks) -> FrozenDict:
    """A resource of a type that is kept here, frozen.

    >>> checked({"resourceType": "Observation", "status": "done", "code": {"text": "pulse"}}, "structure")
    Traceback (most recent call last):
    ...
    vesalius.worlds.fhir.refusals.Refusal: Observation, field 'status': not a code that it may have; use one of amended, ...

    Raises:
        Refusal: naming type, id where it has one, field and remedy.
    """
    frozen = freeze(resource)
    name = frozen.get("resourceType")
    if not isinstance(name, str):
        raise Refusal(400, "field 'resourceType': missing; name the type of the resource.", code="structure")
    try:
        kind = known(name)
    except Refusal as refusal:
        raise Refusal(400, str(refusal), code="not-supported") from None
    identifier = frozen.get("id", "new")
    if not isinstance(identifier, str) or not IDENTIFIER.fullmatch(identifier):
        raise Refusal(400, f"{name}, field 'id': not 1 to 64 letters, digits, '-' or '.'; correct it.", code="value")
    place = name if "id" not in frozen else f"{name}/{identifier}"
    _elements(frozen, kind, place)
    if checks == "models":
        _modelled(frozen, name, place)
    return frozen


def _elements(resource: FrozenDict, kind: Kind, place: str) -> None:
    for element in kind.required:
        names = [one for one in resource if one.startswith(element)] if element in kind.choices else [element]
        if not any(one in resource for one in names):
            raise Refusal(400, f"{place}, field {element!r}: missing; add it.", code="required")
    for element in kind.choices:
        forms = [one for one in resource if re.fullmatch(rf"{element}[A-Z]\w*", one)]
        if len(forms) > 1:
            raise Refusal(400, f"{place}, field '{element}[x]': {len(forms)} forms of it; keep one.", code="structure")
    for element, codes in kind.codes.items():
        code = resource.get(element)
        if element in resource and not (isinstance(code, str) and code in codes):
            allowed = ", ".join(sorted(codes))
            raise Refusal(
                400, f"{place}, field {element!r}: not a code that it may have; use one of {allowed}.", code="code-invalid"
            )
    meta = resource.get("meta", {})
    if not isinstance(meta, dict):
        raise Refusal(400, f"{place}, field 'meta': not an object; correct or leave it out.", code="structure")
    contained = resource.get("contained", [])
    if not isinstance(contained, list) or not all(_typed(one) for one in contained):
        raise Refusal(400, f"{place}, field 'contained': not a list of resources; correct or leave it out.", code="structure")
    for path in (path for parameter in kind.parameters.values() if parameter.kind == "date" for path in parameter.paths):
        if path.endswith("Period") or path == "period":
            _forward(at(resource, path), place, path)


def _typed(resource: Any) -> bool:
    return isinstance(resource, dict) and isinstance(resource.get("resourceType"), str)


def _forward(periods: list[Any], place: str, path: str) -> None:
    for period in periods:
        if isinstance(period, dict) and isinstance(period.get("start"), str) and isinstance(period.get("end"), str):
            start, end = span(period["start"]), span(period["end"])
            if start and end and end[1] <= start[0]:
                raise Refusal(400, f"{place}, field {path!r}: ends before it starts; correct one of the dates.", code="value")


def _modelled(resource: FrozenDict, name: str, place: str) -> None:
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    try:
        get_fhir_model_class(name).model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "resource"
        what = "unknown" if first["type"] == "extra_forbidden" else f"not what FHIR has there ({first['type']})"
        raise Refusal(400, f"{place}, field {shown(field)}: {what}; correct or leave it out.", code="structure") from None
    # the models read types, dates, numbers and nesting with code of their own, which meets odd input with errors of any kind
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, ArithmeticError):
        raise Refusal(400, f"{place}: not what FHIR has for this type; correct it.", code="structure") from None
