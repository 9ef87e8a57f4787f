"""``vesalius clinic``: a record system to try agents on."""

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vesalius.cli.extras import missing
from vesalius.errors import UserError

if TYPE_CHECKING:
    from vesalius.worlds.fhir.access import Caller
    from vesalius.worlds.fhir.clinic import Clinic

RoleName = Literal["read-only", "nurse", "physician", "administrator"]


def command(
    source: Annotated[
        Path | None, typer.Argument(help="FHIR R4 bundle, NDJSON, or a folder of them; simulated patients where none is named.")
    ] = None,
    patients: Annotated[int, typer.Option(min=12, max=5000, help="How many are simulated.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated ones.")] = 0,
    role: Annotated[RoleName, typer.Option(help="In which the one who has the token acts.")] = "physician",
    token: Annotated[
        str | None, typer.Option(envvar="VESALIUS_TOKEN", help="Bearer token; a new one where none is given.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; any free one where 0.")] = 0,
    mcp: Annotated[bool, typer.Option("--mcp", help="Speak the Model Context Protocol on standard input and output.")] = False,
) -> None:
    """Serve a clinic over HTTP, as FHIR R4, or over MCP, until Ctrl-C. What is written there is gone afterwards."""
    from vesalius.worlds.fhir.access import ROLES, Caller

    if absent := missing("worlds"):
        raise UserError(f"clinic: {', '.join(absent)} not installed; pip install 'vesalius[worlds]'.")
    clinic = _simulated(patients, seed) if source is None else _own(source)
    caller = Caller("visitor", ROLES[role])
    before = clinic.snapshot()
    if mcp:
        _speak(clinic, caller)
    else:
        _serve(clinic, caller, token or secrets.token_urlsafe(16), port)
    _tell(f"Calls: {len(clinic.audit())}; resources written, and gone: {len(clinic.written_since(before))}.")


def _tell(text: str) -> None:
    """On standard error, for standard output may be a protocol's."""
    print(text, file=sys.stderr, flush=True)


def _simulated(patients: int, seed: int) -> "Clinic":
    from vesalius.worlds.medagentbench import clinic_of

    return clinic_of(patients, seed=seed)


def _own(source: Path) -> "Clinic":
    from vesalius.worlds.fhir.from_files import taken_from

    taken = taken_from(source)
    clinic = taken.clinic()
    _tell(f"{source}: {len(taken.resources):,} resources")
    if taken.left_out:
        _tell(f"Left out: {', '.join(f'{count:,} {kind}' for kind, count in taken.left_out.most_common())}")
    if taken.dangling:
        _tell(f"References to what is not here, kept as names: {taken.dangling:,}")
    if taken.faults.count:
        _tell(f"Faults: {taken.faults.count:,}, the first: {taken.faults.sentences[0]}")
    return clinic


def _serve(clinic: "Clinic", caller: "Caller", token: str, port: int) -> None:
    import threading

    from vesalius.worlds.fhir.http import serve

    try:
        token.encode("ascii")
    except UnicodeEncodeError:
        raise UserError("--token: has characters that a header can't hold; take letters and digits.") from None
    with serve(clinic, {token: caller}, port=port) as base:
        print(f"{base}\n\n  curl -H 'Authorization: Bearer {token}' '{base}/Patient?_count=2'\n", flush=True)
        _tell("Ctrl-C ends it.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            _tell("")


def _speak(clinic: "Clinic", caller: "Caller") -> None:
    import anyio
    from mcp.server.stdio import stdio_server

    from vesalius.worlds.mcp_server import mcp_server

    async def spoken() -> None:
        server = mcp_server(clinic, caller)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    try:
        anyio.run(spoken)
    except KeyboardInterrupt:
        _tell("")
