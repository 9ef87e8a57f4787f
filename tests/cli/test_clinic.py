import json
import re
import signal
import subprocess
import sys

import pytest

from tests.worlds.fhir.test_from_files import PATIENT, PULSE
from vesalius.cli import main

COMMAND = [sys.executable, "-c", "from vesalius.cli import main; main()", "clinic"]


def test_own_files_are_served_to_the_one_who_has_the_token_until_ctrl_c(tmp_path, ctrl_c):
    import httpx

    (tmp_path / "all.ndjson").write_text("\n".join(map(json.dumps, (PATIENT, PULSE, {"resourceType": "Claim", "id": "c"}))))
    command = [*COMMAND, str(tmp_path), "--token", "sesame"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            base = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base)
            allowed = {"Authorization": "Bearer sesame"}
            assert httpx.get(f"{base}/Observation?patient=p1", headers=allowed).json()["total"] == 1
            assert httpx.get(f"{base}/Observation").status_code == 401
            body = {name: value for name, value in PULSE.items() if name != "id"}
            assert httpx.post(f"{base}/Observation", headers=allowed, json=body).status_code == 201
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    assert process.returncode == 0 and "2 resources" in told and "Left out: 1 Claim" in told
    assert "Calls: 3; resources written, and gone: 1." in told


def test_the_tools_of_a_simulated_clinic_are_offered_on_standard_input_and_output():
    import anyio
    from mcp import Client, StdioServerParameters, stdio_client

    async def session():
        parameters = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "--patients", "12", "--mcp"])
        async with Client(stdio_client(parameters)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, await client.call_tool("search", {"resource_type": "Patient", "parameters": {}})

    names, found = anyio.run(session)
    assert names == ["search", "read", "create", "update"]
    assert json.loads(found.content[0].text)["total"] == 12


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["nowhere"], "nowhere: no FHIR file"), (["--token", "schlüssel"], "--token: has characters")],
)
def test_bad_input_is_told_in_one_sentence(monkeypatch, capsys, tmp_path, arguments, named):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["vesalius", "clinic", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 2 and named in capsys.readouterr().err
