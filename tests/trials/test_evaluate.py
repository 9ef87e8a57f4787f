"""What a finding rests on, from predictions that are written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trials.toys import Guesser, Questions, question_task
from vesalius import statistics
from vesalius.metrics import METRICS
from vesalius.names import Tier
from vesalius.records import Label, Record, Text
from vesalius.tasks import Measure, Prediction, Split, Task
from vesalius.trials import Arms, Trial, run_trial
from vesalius.trials.compare.replay import Replay
from vesalius.trials.measured import difference_of, measure_records, measure_sets

CLASSES = ("negative", "positive")


class Numbers:
    """Records with a class, and arms that answer with given numbers."""

    name, description = "numbers", "made-up classes"
    tier: Tier = "simulator"

    def __init__(self, truth):
        self.truth = truth

    def records(self):
        return [
            Record(
                id=str(n), subject_id=str(n), fields={"x": Text(f"case {n}"), "y": Label(CLASSES[c], CLASSES)}, licence="CC0-1.0"
            )
            for n, c in enumerate(self.truth)
        ]


def trial_of(truth, arms, *, metric="auroc", margin=0.02, seeds=1, trained=0, tasks=1):
    """``arms`` maps a name to numbers, seeds × records; the first is the baseline."""
    source = Numbers(np.concatenate([np.zeros(trained, int), truth]))
    task = Task(
        name="task",
        family="classification",
        source=source,
        inputs=("x",),
        target="y",
        split=lambda records: Split(records[:trained], [], records[trained:]),
        measures=(Measure(METRICS[metric], margin),),
    )
    replays = {
        name: Replay(
            {
                s: {str(trained + n): Prediction(record_id=str(trained + n), value=float(v)) for n, v in enumerate(row)}
                for s, row in enumerate(rows)
            }
        )
        for name, rows in arms.items()
    }
    baseline, *learners = replays
    built = Arms({name: replays[name] for name in learners}, {baseline: replays[baseline]})
    many = tuple(replace(task, name=f"task {place}") for place in range(tasks))
    return Trial(name="numbers", tasks=many, arms=lambda _: built, seeds=tuple(range(seeds)))


def auroc_data(n=300, seed=0):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, n)
    return truth, {"weak": [truth + 2.5 * random.standard_normal(n)], "good": [truth + random.standard_normal(n)]}


@pytest.mark.parametrize(("records", "close"), [(300, 0.03), (2400, 0.15)], ids=["unit by unit", "by groups"])
def test_the_jackknife_of_an_auroc_agrees_with_delong(tmp_path, records, close):
    truth, arms = auroc_data(records)
    (comparison,) = run_trial(trial_of(truth, arms), out=tmp_path).finding.comparisons
    expected = statistics.compare_auroc(truth, np.array(arms["good"][0]), np.array(arms["weak"][0]))
    assert comparison.difference.value == pytest.approx(expected.value)
    assert comparison.difference.standard_error == pytest.approx(expected.standard_error, rel=close)


def test_of_many_units_groups_are_left_out_that_keep_units_whole():
    asked = []

    def counted(predictions, truths):
        asked.append(np.bincount(truths.astype(int), minlength=1500))
        return float(np.mean(predictions))

    said = [Prediction(record_id=str(row), value=float(row % 7)) for row in range(3000)]
    truths, units = [float(row // 2) for row in range(3000)], [str(row // 2) for row in range(3000)]
    metric = replace(METRICS["auroc"], function=counted)
    (measured,) = measure_sets(metric, {"arm": [said]}, truths, units).values()
    assert measured.values_SN.shape == (1, 250) and len(asked) == 251
    assert measured.values_SN.mean() == pytest.approx(np.mean([one.value for one in said]))
    assert all(set(counts.tolist()) == {0, 2} and (counts == 0).sum() == 6 for counts in asked[1:])


def test_p_values_are_corrected_over_the_comparisons_of_a_question(tmp_path):
    truth, arms = auroc_data(80)
    one = run_trial(trial_of(truth, arms), out=tmp_path).finding.comparisons[0]
    many = run_trial(trial_of(truth, arms, tasks=3), out=tmp_path).finding.comparisons
    assert many[0].difference.p == one.p_adjusted
    assert many[0].p_adjusted == pytest.approx(min(1, 3 * one.p_adjusted))
    assert many[0].p_equivalence_adjusted == pytest.approx(min(1, 3 * one.p_equivalence_adjusted))


def test_what_could_have_been_shown_passes_the_same_correction(tmp_path):
    truth, arms = auroc_data(80)
    one = run_trial(trial_of(truth, arms), out=tmp_path).finding.comparisons[0].difference
    three = run_trial(trial_of(truth, arms, tasks=3), out=tmp_path).finding.comparisons[0].difference
    expected = statistics.smallest_detectable(one.standard_error, one.degrees_of_freedom, alpha=0.05 / 3)
    assert three.smallest_detectable == pytest.approx(expected)
    assert three.smallest_detectable > one.smallest_detectable


def test_less_is_better_where_the_metric_says_so(tmp_path):
    truth = np.arange(200) % 2
    near, far = np.where(truth == 1, 0.9, 0.1), np.where(truth == 1, 0.6, 0.4)
    noise = np.random.default_rng(0).normal(0, 0.02, (2, 200))
    trial = trial_of(truth, {"far": [far + noise[0]], "near": [near + noise[1]]}, metric="brier")
    (comparison,) = run_trial(trial, out=tmp_path).finding.comparisons
    assert comparison.difference.value < 0
    assert comparison.verdict == "better"


def test_few_positives_do_not_make_two_arms_equal(tmp_path):
    truth = (np.arange(200) < 5).astype(int)
    arms = {"one": [truth.astype(float)], "other": [truth + 0.5]}
    (comparison,) = run_trial(trial_of(truth, arms), out=tmp_path).finding.comparisons
    assert comparison.difference.value == 0
    assert comparison.verdict == "undecided"


def test_one_training_decides_nothing(tmp_path):
    truth, arms = auroc_data()
    (trained,) = run_trial(trial_of(truth, arms, trained=10), out=tmp_path).finding.comparisons
    (recorded,) = run_trial(trial_of(truth, arms), out=tmp_path).finding.comparisons
    assert (trained.verdict, recorded.verdict) == ("undecided", "better")
    assert "one training" in trained.difference.method


def test_the_exact_test_has_its_own_smallest_difference(tmp_path):
    arms = Arms({"one": lambda seed: Guesser(0, 0.70)}, {"other": lambda seed: Guesser(0, 0.69)})
    trial = Trial(name="toy", tasks=(question_task(100),), arms=lambda task: arms, seeds=(0,))
    task = replace(trial.tasks[0], unit="subject_id", source=OneEach(100))
    (comparison,) = run_trial(replace(trial, tasks=(task,)), out=tmp_path).finding.comparisons
    assert "McNemar" in comparison.difference.method
    detectable = comparison.difference.smallest_detectable
    assert np.isnan(detectable) or detectable > 0.05  # six pairs must differ before an exact test at 0.05 shows anything


class OneEach(Questions):
    """Every question of its own subject."""

    def records(self):
        return [replace(record, subject_id=record.id) for record in super().records()]


def test_a_missing_number_leaves_a_set_undefined(tmp_path):
    truth, arms = auroc_data(50)
    arms["good"][0][3] = float("nan")
    finding = run_trial(trial_of(truth, arms), out=tmp_path).finding
    assert finding.comparisons[0].verdict == "undecided"
    assert "undefined" in finding.verdict


def test_one_subject_alone_is_undefined_and_not_an_error(tmp_path):
    arms = Arms({"one": lambda seed: Guesser(0, 0.9)}, {"other": lambda seed: Guesser(0, 0.2)})
    task = replace(question_task(40), unit="whole", source=OneWhole(40))
    finding = run_trial(Trial(name="toy", tasks=(task,), arms=lambda task: arms, seeds=(0,)), out=tmp_path).finding
    assert finding.comparisons[0].verdict == "undecided"


class OneWhole(Questions):
    """All questions of one unit."""

    def records(self):
        return [replace(record, tags={"whole": "all"}) for record in super().records()]


def test_distances_that_happen_to_be_0_and_1_are_not_right_and_wrong():
    scores = {"a": np.array([[0.0, 1.0, 0.0]]), "b": np.array([[1.0, 1.0, 0.0]])}
    measured = measure_records(METRICS["hd95"], scores, ["1", "2", "3"])
    assert measured["a"].values_SN.tolist() == [[0.0, 1.0, 0.0]] and not measured["a"].binary
    assert difference_of(measured["a"], measured["b"], margin=1.0, level=0.95).value == pytest.approx(-1 / 3)
