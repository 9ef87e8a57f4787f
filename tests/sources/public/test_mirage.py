import gzip
import json

import pytest

from vesalius.errors import UserError
from vesalius.records import Choices, Text
from vesalius.sources.public.mirage import DATASETS, FILES, Mirage, recorded_answers
from vesalius.sources.public.root import VARIABLE

COUNTS = {"medqa": 1273, "medmcqa": 4183, "pubmedqa": 500}
QUESTION = {
    "medqa": {"question": "Which?", "options": dict(zip("ABCD", "wxyz", strict=True)), "answer_idx": "B"},
    "medmcqa": {"question": "Which?", "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": 2, "id": "u"},
    "pubmedqa": {"9": {"QUESTION": "Which?", "final_decision": "no"}},
}
IDS = {"medqa": "test_0000", "medmcqa": "dev_u", "pubmedqa": "test_9"}


@pytest.fixture
def release(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def write(dataset, content, answers=()):
        file = tmp_path.joinpath("mirage", *FILES[dataset])
        file.parent.mkdir(parents=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        (tmp_path / "llm-outputs").mkdir()
        with gzip.open(tmp_path / "llm-outputs" / f"mirage-{dataset}.jsonl.gz", "wt") as lines:
            lines.writelines(json.dumps(answer) + "\n" for answer in answers)

    return write


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_form_of_question_gives_the_same_record(release, dataset):
    answers = [{"model": "m", "method": k, "id": IDS[dataset], "output": text} for k, text in (("cot", "B"), ("rag_32", []))]
    release(dataset, QUESTION[dataset], answers)
    (record,) = Mirage(dataset).records()
    assert (record.id, record.get("question", Text).value, record.get("answer", Text).value) == (IDS[dataset], "Which?", "B")
    told = recorded_answers(dataset)["m"]
    assert (told["cot"][record.id].text, told["rag_32"][record.id].text) == ("B", None)


@pytest.mark.parametrize(
    ("dataset", "content", "told"),
    [
        ("medqa", "{", "line 1: not JSON"),
        ("medqa", "[]", "line 1: not a JSON object"),
        ("medqa", QUESTION["medqa"] | {"options": {"A": "w"}}, "line 1, field 'B'"),
        ("medqa", QUESTION["medqa"] | {"answer_idx": "E"}, "line 1, field 'answer_idx'"),
        ("medmcqa", QUESTION["medmcqa"] | {"cop": 0}, "line 1, field 'cop'"),
        ("medmcqa", QUESTION["medmcqa"] | {"opd": None}, "line 1, field 'opd'"),
        ("pubmedqa", {"9": {"QUESTION": "Which?", "final_decision": "perhaps"}}, "question '9', field 'final_decision'"),
        ("pubmedqa", {"9": {}}, "question '9', field 'QUESTION'"),
    ],
)
def test_a_spoilt_question_is_named_with_its_place_and_field(release, dataset, content, told):
    release(dataset, content)
    with pytest.raises(UserError, match=told):
        Mirage(dataset).records()


@pytest.mark.parametrize(("change", "field"), [({"id": "test_1"}, "id"), ({"output": 3}, "output"), ({"model": None}, "model")])
def test_a_spoilt_answer_is_named_with_line_and_field(release, change, field):
    release("medqa", QUESTION["medqa"], [{"model": "m", "method": "cot", "id": "test_0000", "output": "B"} | change])
    with pytest.raises(UserError, match=f"line 1, field '{field}'"):
        recorded_answers("medqa")


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_released_answer_finds_its_question(public_data, dataset):
    public_data("llm-outputs")
    public_data("mirage")
    records = Mirage(dataset).records()
    told = recorded_answers(dataset)
    assert len(records) == COUNTS[dataset]
    assert {len(r.get("options", Choices).options) for r in records} == {3 if dataset == "pubmedqa" else 4}
    assert {(m, k): len(a) for m, arms in told.items() for k, a in arms.items()} == dict.fromkeys(
        [(m, k) for m in ("gpt-35-turbo-16k", "gpt-4-32k") for k in ("cot", "rag_32")], COUNTS[dataset]
    )
