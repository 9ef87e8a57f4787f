"""What plain tables say about events: a mapping file in TOML.

A mapping has tables, and a table has the events that each of its rows gives::

    [[table]]
    file = "labs.csv"              # beside the mapping; .csv, .tsv, .txt (also .gz) or .parquet
    subject = "patient_id"         # the column with the patient
    separator = ";"                # where it is not a comma in .csv, a tab in .tsv and .txt
    encoding = "latin-1"           # where it is not UTF-8
    quote = ""                     # where quotation marks are part of the texts, and enclose no cell
    decimal = ","                  # where it is not a point
    zone = "Europe/Berlin"         # of times that are written without one, which are UTC otherwise; days stay as they are

    [[table.event]]
    code = { column = "loinc" }    # a cell: a column, or a constant such as { constant = "MEDS_BIRTH" }
    system = "LOINC"               # a short name or an address; also a cell; left out, the code stands alone
    time = { column = "drawn", formats = ["%d.%m.%Y %H:%M", "%Y"] }  # left out: an event without a time
    end = { column = "reported" }  # ISO 8601 where no format is named
    number = { column = "value" }
    text = { column = "value" }    # of the same column: what is no number becomes the text, rather than a fault
    unit = { column = "unit" }
    needs = ["value"]              # no event where one of these columns is blank
    where = { state = ["final"] }  # no event where a column has another value
    resource = "Observation"       # what it is in FHIR

Further cells are ``display`` (the code's name), ``status`` (as FHIR has it), ``id`` (of the event, such as an order's number),
``encounter`` (the ``id`` of the visit that it belongs to) and ``value_code`` (the answer's code; with ``value_system``). A cell
may take a part of its column with ``pattern``, a regular expression with one group, and translate it with ``values``, a table
of what stands for what. A row whose code is blank gives no event.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from vesalius.errors import UserError
from vesalius.records.events.fhir_kinds import KINDS


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"is no regular expression ({error})") from error
    if groups != 1:
        raise ValueError(f"has {groups} groups in parentheses where one is needed")
    return text


def _resource(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"is not one of {', '.join(KINDS)}")
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is no time zone that is known here; name one as Europe/Berlin is") from error
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(_Strict):
    """A column, or what is there in every row.

    >>> Cell(column="CVX", pattern="cvx([0-9]+)$").of("http://example.org/cvx110")
    '110'
    """

    column: str | None = None
    constant: str | None = None
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    values: Mapping[str, str] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("needs either a column or a constant")
        return self

    def of(self, value: str) -> str:
        """What the cell says where its column has this value, without blanks around it; blank where that is blank.

        Raises:
            ValueError: if the pattern does not fit, or the value is not among those that are translated.
        """
        said = value.strip()
        if not said:
            return ""
        if self.pattern is not None:
            found = re.search(self.pattern, said)
            if found is None or found[1] is None:
                raise ValueError(f"does not fit the pattern {self.pattern}")
            said = found[1]
        if self.values is not None:
            if said not in self.values:
                raise ValueError(f"is not among the values that the mapping has ({', '.join(self.values)[:200]})")
            said = self.values[said]
        return said


class Moment(_Strict):
    """A column with times, and how they are written (as ``strptime`` has it; the first that fits)."""

    column: str
    formats: tuple[str, ...] = ()


class EventOf(_Strict):
    """One event of each row; see the module's words."""

    code: Cell
    system: str | Cell | None = None
    time: Moment | None = None
    end: Moment | None = None
    number: Cell | None = None
    text: Cell | None = None
    unit: Cell | None = None
    display: Cell | None = None
    status: Cell | None = None
    id: Cell | None = None
    encounter: Cell | None = None
    value_code: Cell | None = None
    value_system: str | None = None
    needs: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    resource: Annotated[str, AfterValidator(_resource)] | None = None

    def columns(self) -> set[str]:
        """All columns that it reads."""
        parts = [getattr(self, name) for name in type(self).model_fields]
        named = [one.column for one in parts if isinstance(one, Cell | Moment)]
        return {name for name in named if name is not None} | set(self.needs) | set(self.where)


class TableOf(_Strict):
    """One file."""

    file: str
    subject: str
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8"
    quote: Literal['"', ""] = '"'
    decimal: Literal[".", ","] = "."
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    event: Annotated[tuple[EventOf, ...], Field(min_length=1)]


class Mapped(_Strict):
    """A mapping file."""

    table: Annotated[tuple[TableOf, ...], Field(min_length=1)]


def read_mapping(file: Path) -> Mapped:
    """Read and check a mapping file.

    Raises:
        UserError: naming file and field, if it is missing, no TOML, or says something that a mapping does not.
    """
    try:
        return Mapped.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; name a mapping file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: not TOML ({error}); correct it.") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); name another file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{file}, field {field!r}: {what}; docs/events.md has what a mapping says.") from error
