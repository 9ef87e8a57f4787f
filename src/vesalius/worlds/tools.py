"""The tools of an agent in a clinic: typed, described, and called by name, whatever backend the model runs on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vesalius.errors import UserError
from vesalius.worlds.fhir.access import Caller
from vesalius.worlds.fhir.calls import Call
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.fhir.frozen import too_deep
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.refusals import operation_outcome, shown
from vesalius.worlds.fhir.structure import IDENTIFIER


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Search(_Arguments):
    """Search for resources of one type. Gives a Bundle with their number and the first page, and a link to the next one."""

    tool: Literal["search"] = "search"
    resource_type: str = Field(description="Type of resource, such as Observation.")
    parameters: dict[str, str | list[str]] = Field(
        default_factory=dict,
        description="FHIR search parameters, such as patient, code, date (with ge or lt before it), _sort, _count, _offset. "
        "A list of values means that all have to be met.",
    )


class Read(_Arguments):
    """Read one resource by its id."""

    tool: Literal["read"] = "read"
    resource_type: str = Field(description="Type of resource, such as Patient.")
    id: str = Field(description="Id of the resource.")


class Create(_Arguments):
    """Create a resource. The server gives it an id."""

    tool: Literal["create"] = "create"
    resource: dict[str, Any] = Field(description="FHIR R4 resource, with its resourceType.")


class Update(_Arguments):
    """Replace a resource by a whole new version of it."""

    tool: Literal["update"] = "update"
    resource: dict[str, Any] = Field(description="FHIR R4 resource, with its resourceType and id.")
    version: str | None = Field(default=None, description="Version that was read; the update is refused if it is not the last.")


class Finish(_Arguments):
    """End the task, with an answer if one is asked for."""

    tool: Literal["finish"] = "finish"
    answer: str | int | float | list[str | int | float] | None = Field(
        default=None, description="Number, text or list, without words around it; nothing if the task asks no question."
    )


Action = Search | Read | Create | Update | Finish
"""One call of a tool."""

_ACTION: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="tool")])


@dataclass(frozen=True, slots=True)
class Tool:
    """What a model is told of a tool.

    Attributes:
        name: by which it is called.
        description: what it does.
        schema: JSON schema of its arguments.
    """

    name: str
    description: str
    schema: Mapping[str, Any]

    def as_function(self) -> dict[str, Any]:
        """As chat endpoints take it.

        >>> TOOLS[1].as_function()["function"]["parameters"]["required"]
        ['resource_type', 'id']
        """
        return {"type": "function", "function": {"name": self.name, "description": self.description, "parameters": self.schema}}


def _tool(kind: type[_Arguments]) -> Tool:
    schema = kind.model_json_schema()
    name = schema["properties"].pop("tool")["const"]
    description = schema.pop("description")
    return Tool(name, description, {key: value for key, value in schema.items() if key != "title"})


TOOLS: tuple[Tool, ...] = tuple(_tool(kind) for kind in (Search, Read, Create, Update, Finish))
"""All tools."""


def action(name: str, arguments: Mapping[str, Any] | str) -> Action:
    """The action that a model asks for.

    Args:
        name: of the tool.
        arguments: as an object, or as its JSON.

    >>> action("read", '{"resource_type": "Patient", "id": "7"}')
    Read(tool='read', resource_type='Patient', id='7')

    Raises:
        UserError: naming the tool and the argument that is wrong.
    """
    names = [tool.name for tool in TOOLS]
    if name not in names:
        raise UserError(f"tool {ascii(name)[:60]}: unknown; use one of {', '.join(names)}.")
    try:
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
        # what can't be written, such as half a character, can't be kept either
        if too_deep(given):
            raise ValueError
        json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(f"tool {name}: the arguments are not JSON; correct them.") from error
    if not isinstance(given, Mapping):
        raise UserError(f"tool {name}: the arguments are not a JSON object; correct them.")
    try:
        return _ACTION.validate_python({**given, "tool": name})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "arguments"
        what = first["type"].replace("_", " ")
        raise UserError(f"tool {name}, argument {ascii(field)[:60]}: {what}; see its schema.") from error


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gives back.

    Attributes:
        status: of HTTP; 400 for arguments that are none.
        body: a resource, Bundle or OperationOutcome.
    """

    status: int
    body: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The body as a model reads it."""
        return json.dumps(self.body, ensure_ascii=False)


def perform(clinic: Clinic, action: Search | Read | Create | Update, caller: Caller) -> Result:
    """Calls the clinic as a tool does; what is refused is a result as well."""
    try:
        call = call_of(action)
    except UserError as error:
        return unreadable(error)
    answer = clinic.call(call, caller)
    return Result(answer.status, answer.body if answer.body is not None else {})


def unreadable(error: UserError) -> Result:
    """What a call that could not be read gives back, so that the model can mend it."""
    return Result(400, operation_outcome("invalid", str(error)))


def call_of(action: Search | Read | Create | Update) -> Call:
    """The call that a tool makes.

    >>> call_of(Read(resource_type="Patient", id="7")).path
    '/Patient/7'

    Raises:
        UserError: if type or id is none, so that a tool can't be used to another end.
    """
    if isinstance(action, Search):
        given = {name: [value] if isinstance(value, str) else value for name, value in action.parameters.items()}
        pairs = tuple((name, one) for name, values in given.items() for one in values)
        return Call("GET", f"/{_type(action.resource_type)}", pairs)
    if isinstance(action, Read):
        return Call("GET", f"/{_type(action.resource_type)}/{_id(action.id)}")
    name = _type(action.resource.get("resourceType"))
    if isinstance(action, Create):
        return Call("POST", f"/{name}", body=action.resource)
    match = None if action.version is None else f'W/"{action.version}"'
    return Call("PUT", f"/{name}/{_id(action.resource.get('id'))}", body=action.resource, if_match=match)


def _type(name: Any) -> str:
    if not isinstance(name, str) or name not in kinds():
        raise UserError(f"resource type {_shown(name)}: not kept here; use one of {', '.join(sorted(kinds()))}.")
    return name


def _id(identifier: Any) -> str:
    if not isinstance(identifier, str) or not IDENTIFIER.fullmatch(identifier):
        raise UserError(f"id {_shown(identifier)}: not 1 to 64 letters, digits, '-' or '.'; search for the resource's own.")
    return identifier


def _shown(name: Any) -> str:
    return shown(name) if isinstance(name, str) else "missing"
