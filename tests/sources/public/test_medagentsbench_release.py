import csv
import gzip
import json

import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.records import Choices, Text
from vesalius.sources.public.medagentsbench import ANSWERED, FIELDS, MedAgentsBench, hard_subset, recorded_answers
from vesalius.sources.public.root import VARIABLE

COUNTS = {"medqa": 1273, "medmcqa": 2816, "pubmedqa": 500}


def question(name, right="A", **changes):
    return {"realidx": name, "question": "Which?", "options": {"A": "x", "B": "y"}, "answer_idx": right} | changes


def row(**changes):
    plain = {"dataset": "medqa", "split": "test_hard", "model": "m", "method": "cot", "id": "7", "answer": "A", "prediction": "B"}
    return plain | {"prompt_tokens": "10", "completion_tokens": "5", "seconds": "1.5"} | changes


@pytest.fixture
def release(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def write(questions, rows=(), fields=FIELDS):
        (tmp_path / "medagentsbench" / "medqa").mkdir(parents=True)
        (tmp_path / "llm-outputs").mkdir()
        lines = [line if isinstance(line, str) else json.dumps(line) for line in questions]
        (tmp_path / "medagentsbench" / "medqa" / "test_hard.jsonl").write_text("\n".join(lines))
        with gzip.open(tmp_path / "llm-outputs" / "medagentsbench.csv.gz", "wt", newline="") as file:
            writer = csv.DictWriter(file, fields, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)

    return write


def test_questions_and_answers_are_joined_by_id_and_of_medagents_by_place(release):
    release([question(7), question(1, "B")], [row(), row(method="medagents", id="1", answer="B", prompt_tokens="")])
    record = MedAgentsBench("medqa", "test_hard").records()[0]
    assert (record.id, record.get("options", Choices).options, record.get("answer", Text).value) == ("7", ("x", "y"), "A")
    found = recorded_answers("medqa", "test_hard")["m"]
    assert (found["cot"]["7"].text, found["cot"]["7"].tokens, found["cot"]["7"].seconds) == ("B", 15, 1.5)
    assert list(found["medagents"]) == ["1"]
    assert found["medagents"]["1"].tokens is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1: not JSON"),
        (question(None), "line 1, field 'realidx'"),
        (question(1, question=None), "line 1, field 'question'"),
        (question(1, options={"A": "x"}), "line 1, field 'options'"),
        (question(1, options={"B": "x", "A": "y"}), "line 1, field 'options'"),
        (question(1, "C"), "line 1, field 'answer_idx'"),
    ],
)
def test_a_spoilt_question_is_named_with_line_and_field(release, line, told):
    release([line])
    with pytest.raises(UserError, match=told):
        MedAgentsBench("medqa", "test_hard").records()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(id="8")], "line 2, field 'id'"),
        ([row(answer="B")], "line 2, field 'answer'"),
        ([row(), row()], "line 3, field 'id'"),
        ([row(seconds="soon")], "line 2, field 'seconds'"),
        ([row(prompt_tokens="-1")], "line 2, field 'prompt_tokens'"),
    ],
)
def test_a_spoilt_answer_is_named_with_line_and_field(release, rows, told):
    release([question(7)], rows)
    with pytest.raises(UserError, match=told):
        recorded_answers("medqa", "test_hard")


def test_a_missing_column_and_a_missing_release_are_named(release, tmp_path, monkeypatch):
    release([question(7)], [row()], FIELDS[:-1])
    with pytest.raises(UserError, match="'seconds'"):
        recorded_answers("medqa", "test_hard")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "llm-outputs"))
    with pytest.raises(UserError, match="missing"):
        MedAgentsBench("medqa", "test_hard").records()


def test_the_filter_keeps_what_less_than_the_share_of_the_panel_gets_right():
    correct_IM = np.arange(10) < np.arange(11)[:, None]
    assert hard_subset(correct_IM).tolist() == [True] * 5 + [False] * 6
    assert hard_subset(correct_IM, below=0.1).sum() == 1
    with pytest.raises(ValueError, match="items x models"):
        hard_subset(np.zeros((3, 0), bool))


@pytest.mark.parametrize("dataset", ANSWERED)
def test_every_released_answer_finds_its_question_with_the_same_right_answer(public_data, dataset):
    public_data("llm-outputs")
    public_data("medagentsbench")
    assert len(MedAgentsBench(dataset, "test").records()) == COUNTS[dataset]
    answers = [
        len(by_id) for split in ("test", "test_hard") for m in recorded_answers(dataset, split).values() for by_id in m.values()
    ]
    # One answer of Claude 3.5 Sonnet to MedMCQA was not recorded.
    assert sum(answers) == 10 * COUNTS[dataset] + 40 * 100 - (dataset == "medmcqa")


def test_the_question_file_with_five_options_is_read(public_data):
    public_data("medagentsbench")
    everything, hard = (MedAgentsBench("medqa_5options", split).records() for split in ("test", "test_hard"))
    assert {len(record.get("options", Choices).options) for record in everything} == {5}
    assert len({record.id for record in everything}) == len(everything)
    assert {record.id for record in hard} <= {record.id for record in everything}
