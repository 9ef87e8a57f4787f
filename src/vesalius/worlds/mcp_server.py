"""The tools of a clinic offered over the Model Context Protocol, with the ``mcp`` package."""

from typing import TYPE_CHECKING, Any

from vesalius.errors import UserError
from vesalius.worlds.fhir.access import Caller
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.tools import TOOLS, Finish, Result, action, perform, unreadable

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams


def mcp_server(clinic: Clinic, caller: Caller) -> "Server[Any]":
    """A server of all tools but ``finish``, which ends a task of an environment and has no meaning without one.

    It runs on any transport of the ``mcp`` package, such as ``mcp.server.stdio.stdio_server``.

    Args:
        clinic: in which the tools act.
        caller: who acts, in which role.
    """
    from mcp.server import Server
    from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations

    async def listed(context: Any, parameters: "PaginatedRequestParams | None") -> "ListToolsResult":
        return ListToolsResult(
            tools=[
                Tool(
                    name=tool.name,
                    description=tool.description,
                    input_schema=dict(tool.schema),
                    annotations=ToolAnnotations(read_only_hint=tool.name in ("search", "read")),
                )
                for tool in TOOLS
                if tool.name != "finish"
            ]
        )

    async def called(context: Any, parameters: "CallToolRequestParams") -> "CallToolResult":
        result = _result(clinic, caller, parameters.name, parameters.arguments or {})
        return CallToolResult(content=[TextContent(type="text", text=result.text)], is_error=result.status >= 400)

    return Server("vesalius-clinic", on_list_tools=listed, on_call_tool=called)


def _result(clinic: Clinic, caller: Caller, name: str, arguments: dict[str, Any]) -> Result:
    try:
        asked = action(name, arguments)
    except UserError as error:
        return unreadable(error)
    if isinstance(asked, Finish):
        return unreadable(UserError("tool finish: there is no task to end here; use another tool."))
    return perform(clinic, asked, caller)
