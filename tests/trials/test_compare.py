import csv
import gzip
import json

import numpy as np
import pytest

from tests.trials.toys import question_trial
from vesalius.errors import UserError
from vesalius.trials import run_trial, verify
from vesalius.trials.compare import Columns, compare

RANDOM = np.random.default_rng(0)
TRUTH = {f"q{place}": str(letter) for place, letter in enumerate(RANDOM.choice(list("ABCD"), 200))}


def answers(chance, seed):
    draws = np.random.default_rng(seed).random(len(TRUTH))
    return {
        key: letter if draw < chance else "ABCD"["ABCD".index(letter) - 1] for (key, letter), draw in zip(TRUTH.items(), draws)
    }


def write(path, said, **more):
    rows = [{"id": key, "answer": TRUTH[key], "prediction": value, **more} for key, value in said.items()]
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        if ".jsonl" in path.name:
            file.write("\n".join(json.dumps(row) for row in rows))
        else:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return path


def only(run):
    (comparison,) = run.finding.comparisons
    return comparison


def test_the_better_of_two_tables_is_found(tmp_path):
    a, b = write(tmp_path / "a.csv", answers(0.9, 1)), write(tmp_path / "b.jsonl.gz", answers(0.5, 2))
    run = compare([a, b], out=tmp_path)
    assert (only(run).learner, only(run).baseline, only(run).verdict) == ("a", "b", "better")
    assert verify(run.folder) == []
    assert only(compare([a, b], baseline="a", out=tmp_path)).verdict == "worse"


def test_other_content_under_the_same_names_is_another_run(tmp_path):
    b = write(tmp_path / "b.csv", answers(0.5, 2))
    first = compare([write(tmp_path / "a.csv", answers(0.9, 1)), b], out=tmp_path)
    second = compare([write(tmp_path / "a.csv", answers(0.9, 3)), b], out=tmp_path)
    assert first.folder != second.folder


def test_recorded_texts_are_parsed_and_refusals_earn_nothing(tmp_path):
    a = write(tmp_path / "a.csv", {key: f"The answer is ({letter})." for key, letter in TRUTH.items()})
    b = write(tmp_path / "b.csv", dict.fromkeys(TRUTH, "I cannot help with that."))
    scores = {score.arm: score for score in compare([a, b], out=tmp_path).finding.scores}
    assert scores["a"].estimate.value == 1
    assert scores["b"].estimate.value == 0
    assert scores["b"].outcomes == {"refused": 200}


def test_one_table_by_column_with_a_selection(tmp_path):
    rows = [
        {"key": key, "truth": TRUTH[key], "said": value, "model": model, "split": "test"}
        for model, said in (("large", answers(0.9, 1)), ("small", answers(0.5, 2)))
        for key, value in said.items()
    ] + [{"key": "q0", "truth": "A", "said": "A", "model": "other", "split": "train"}]
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    columns = Columns(id="key", prediction="said")
    assert only(compare([path], by=["model"], where={"split": "test"}, columns=columns, out=tmp_path)).verdict == "better"


def test_a_record_that_an_arm_lacks_counts_as_failed(tmp_path):
    a, b = answers(0.9, 1), answers(0.9, 1)
    del b["q7"]
    scores = {
        s.arm: s for s in compare([write(tmp_path / "a.csv", a), write(tmp_path / "b.csv", b)], out=tmp_path).finding.scores
    }
    assert scores["b"].outcomes["failed"] == 1


def test_subjects_are_clustered(tmp_path):
    said = answers(0.9, 1), answers(0.5, 2)
    paths = []
    for name, one in zip("ab", said):
        rows = [{"id": k, "answer": TRUTH[k], "prediction": v, "subject_id": f"s{int(k[1:]) // 10}"} for k, v in one.items()]
        paths.append(tmp_path / f"{name}.jsonl")
        paths[-1].write_text("\n".join(map(json.dumps, rows)))
    assert only(compare(paths, out=tmp_path)).difference.clusters == 20


def test_subjects_that_one_table_names_hold_for_all_and_a_wrong_column_is_said(tmp_path):
    subjects = tmp_path / "a.jsonl"
    rows = [
        {"id": k, "answer": TRUTH[k], "prediction": v, "subject_id": f"s{int(k[1:]) // 10}"} for k, v in answers(0.9, 1).items()
    ]
    subjects.write_text("\n".join(map(json.dumps, rows)))
    plain = write(tmp_path / "b.csv", answers(0.5, 2))
    for order in ([subjects, plain], [plain, subjects]):
        assert only(compare(order, out=tmp_path)).difference.clusters == 20
    with pytest.raises(UserError, match="'patient'; name it with --subject"):
        compare([subjects, plain], columns=Columns(subject="patient"), out=tmp_path)


def test_gates_say_that_the_records_are_not_at_hand(tmp_path):
    paths = [write(tmp_path / "a.csv", answers(0.9, 1)), write(tmp_path / "b.csv", answers(0.5, 2))]
    assert {gate.outcome for gate in compare(paths, out=tmp_path).finding.gates} == {"not applicable"}


def test_arms_without_a_common_record_are_refused(tmp_path):
    first, last = dict(list(answers(0.9, 1).items())[:100]), dict(list(answers(0.5, 2).items())[100:])
    with pytest.raises(UserError, match="no id in common"):
        compare([write(tmp_path / "a.csv", first), write(tmp_path / "b.csv", last)], out=tmp_path)


def test_probabilities_by_auroc(tmp_path):
    truth = RANDOM.integers(0, 2, 300)
    for name, noise in (("a", 0.5), ("b", 3.0)):
        score = truth + noise * RANDOM.standard_normal(300)
        rows = [f"{i},{t},{s}" for i, (t, s) in enumerate(zip(truth, score))]
        (tmp_path / f"{name}.csv").write_text("id,label,score\n" + "\n".join(rows))
    comparison = only(compare([tmp_path / "a.csv", tmp_path / "b.csv"], metric="auroc", out=tmp_path))
    assert (comparison.metric, comparison.verdict) == ("auroc@1", "better")


def test_two_runs_are_compared_on_the_task_that_they_share(tmp_path):
    one = run_trial(question_trial(learner=0.95), out=tmp_path)
    two = run_trial(question_trial(learner=0.6), out=tmp_path)
    run = compare([one.folder, two.folder], out=tmp_path)
    assert only(run).verdict == "better"
    assert only(run).difference.seeds == 3
    assert verify(run.folder) == []
    with pytest.raises(UserError, match="no task with the same test records"):
        compare([one.folder, run_trial(question_trial(n=50), out=tmp_path).folder], out=tmp_path)


GOOD = "id,answer,prediction\n1,A,B\n2,B,B\n"

BAD = {
    "empty file": ("", "no rows"),
    "header only": ("id,answer,prediction\n", "no rows"),
    "no prediction column": ("id,answer,said\n1,A,B\n", "--prediction"),
    "no truth column": ("id,prediction\n1,B\n", "--answer"),
    "no id column": ("answer,prediction\nA,B\n", "--id"),
    "ragged row": ("id,answer,prediction\n1,A\n", "line 2"),
    "unclosed quote": ('id,answer,prediction\n1,A,"B\n', r"line \d: unexpected end"),
    "same id twice": ("id,answer,prediction\n1,A,B\n1,A,C\n", "id 1: twice"),
    "truth contradicts the other table": ("id,answer,prediction\n1,D,B\n", "id 1: true value"),
    "empty truth": ("id,answer,prediction\n1,,B\n", "truth: empty"),
    "two columns of one name": ("id,answer,answer,prediction\n1,A,B,B\n", "same name"),
    "no id": ("id,answer,prediction\n,A,B\n", "no id"),
    "not text": (b"\xff\xfe\x00\x01", "not UTF-8"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_table_gets_one_sentence_and_writes_nothing(tmp_path, name):
    content, message = BAD[name]
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(GOOD)
    bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=message) as caught:
        compare([good, bad], out=tmp_path / "runs")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"margin": 0.0}, "--margin"),
        ({"baseline": "c"}, "the arms are good, twin"),
        ({"where": {"id": "99"}}, "no row has id=99"),
        ({"where": {"colour": "red"}}, "no column 'colour'"),
        ({"by": ["colour"]}, "no column 'colour'"),
        ({"metric": "auroc"}, "not a number"),
        ({"metric": "c_index"}, "'time'"),
        ({"truth": "missing.csv"}, r"missing\.csv"),
    ],
)
def test_a_wrong_option_gets_one_sentence(tmp_path, more, message):
    paths = [tmp_path / "good.csv", tmp_path / "twin.csv"]
    for path in paths:
        path.write_text(GOOD)
    with pytest.raises(UserError, match=message):
        compare(paths, out=tmp_path / "runs", **more)


def test_one_arm_alone_and_missing_files_are_said(tmp_path):
    (tmp_path / "good.csv").write_text(GOOD)
    with pytest.raises(UserError, match="one arm"):
        compare([tmp_path / "good.csv"], out=tmp_path)
    with pytest.raises(UserError, match="no such file"):
        compare([tmp_path / "good.csv", tmp_path / "gone.csv"], out=tmp_path)
    (tmp_path / "x.xlsx").write_text("")
    with pytest.raises(UserError, match="ends in"):
        compare([tmp_path / "good.csv", tmp_path / "x.xlsx"], out=tmp_path)
    (tmp_path / "bad.parquet").write_text("not parquet")
    with pytest.raises(UserError, match="not a parquet file"):
        compare([tmp_path / "good.csv", tmp_path / "bad.parquet"], out=tmp_path)
