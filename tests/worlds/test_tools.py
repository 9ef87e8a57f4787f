import json

import pytest

from vesalius.errors import UserError
from vesalius.worlds.examples import clinic_of
from vesalius.worlds.fhir import ROLES, Caller
from vesalius.worlds.mcp_server import mcp_server
from vesalius.worlds.tools import TOOLS, Create, Read, Search, Update, action, perform

PHYSICIAN = Caller("agent", ROLES["physician"])
PULSE = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "pulse"},
    "subject": {"reference": "Patient/patient-0"},
}


def test_every_tool_has_a_description_and_a_schema_without_the_name_that_the_backend_gives():
    assert [tool.name for tool in TOOLS] == ["search", "read", "create", "update", "finish"]
    for tool in TOOLS:
        assert tool.description and tool.schema["type"] == "object" and "tool" not in tool.schema["properties"]
        assert all("description" in one for one in tool.schema["properties"].values())
        json.dumps(tool.as_function())


@pytest.mark.parametrize(
    ("name", "arguments", "named"),
    [
        ("dance", {}, "dance"),
        ("read", "{", "JSON"),
        ("read", "[]", "object"),
        ("read", {"resource_type": "Patient"}, "id"),
        ("read", {"resource_type": "Patient", "id": "1", "colour": "red"}, "colour"),
        ("search", {"resource_type": "Patient", "parameters": {"name": 3}}, "parameters"),
        ("create", {"resource": "Patient"}, "resource"),
        ("finish", {"answer": {"value": 3}}, "answer"),
        ("finish", {"answer": "\ud83d"}, "JSON"),
        ("search", '{"resource_type": "Patient", "parameters": {"name": "\\ud83d"}}', "JSON"),
        ("create", {"resource": {"resourceType": "Patient", "name": json.loads("[" * 900 + "]" * 900)}}, "JSON"),
    ],
)
def test_arguments_that_are_none_are_named(name, arguments, named):
    with pytest.raises(UserError, match=named):
        action(name, arguments)


def test_a_refusal_of_the_clinic_is_a_result_that_the_model_can_read():
    clinic = clinic_of(patients=1, seed=0)
    result = perform(clinic, Create(resource={**PULSE, "status": "done"}), PHYSICIAN)
    assert result.status == 400 and "status" in result.text


@pytest.mark.parametrize(
    "asked",
    [
        Search(resource_type="Patient/../Observation"),
        Search(resource_type="Patient/_search"),
        Search(resource_type="Patient/patient-0"),
        Search(resource_type=""),
        Read(resource_type="Patient", id=""),
        Read(resource_type="Patient", id="_search"),
        Read(resource_type="Patient", id="patient-0/_history"),
        Create(resource={"resourceType": "Patient/_search"}),
        Create(resource={"resourceType": ["Patient"]}),
        Create(resource={"status": "final"}),
        Update(resource={"resourceType": "Patient"}),
        Update(resource={"resourceType": "Patient", "id": {"a": "b"}}),
    ],
)
def test_a_tool_can_not_be_used_to_another_end(asked):
    clinic = clinic_of(patients=1, seed=0)
    result = perform(clinic, asked, PHYSICIAN)
    assert result.status == 400 and result.body["resourceType"] == "OperationOutcome" and not clinic.audit()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_tools_are_listed_and_called_over_mcp(mode):
    import anyio
    from mcp import Client

    clinic = clinic_of(patients=2, seed=0)

    async def session():
        async with Client(mcp_server(clinic, PHYSICIAN), mode=mode) as client:
            listed = (await client.list_tools()).tools
            assert [(tool.name, tool.input_schema) for tool in listed] == [(tool.name, tool.schema) for tool in TOOLS[:4]]
            calls = [
                ("create", {"resource": PULSE}),
                ("search", {"resource_type": "Observation", "parameters": {"patient": "patient-0", "_sort": "-_lastUpdated"}}),
                ("read", {"resource_type": "Patient", "id": "nobody"}),
                ("read", {"resource_type": "Patient"}),
                ("finish", {}),
            ]
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    made, found, *wrong = anyio.run(session)
    assert not made.is_error and not found.is_error and all(one.is_error for one in wrong)
    identifier = json.loads(made.content[0].text)["id"]
    assert clinic.latest(("Observation", identifier)) is not None
    assert json.loads(found.content[0].text)["entry"][0]["resource"]["id"] == identifier
    assert [one.status for one in clinic.audit()] == [201, 200, 404]
