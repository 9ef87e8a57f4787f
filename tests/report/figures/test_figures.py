"""Figures: what they draw, and that every number of comparisons can be drawn."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve
from sksurv.nonparametric import kaplan_meier_estimator

from vesalius.report.figures.canvas import draw
from vesalius.report.figures.forest import forest, limits
from vesalius.report.figures.front import Point, front
from vesalius.report.figures.overlays import outline
from vesalius.report.figures.roc import roc_points
from vesalius.report.figures.seeds import seeds
from vesalius.report.figures.survival import kaplan_meier, survival
from vesalius.report.figures.training import Trace, Trained, losses, smoothed, validation_scores
from vesalius.statistics import Difference, Estimate, Verdict
from vesalius.trials.finding import Comparison, Score

NAN = float("nan")


def comparison(value: float, half: float = 0.02, verdict: Verdict = "undecided", learner: str = "ours") -> Comparison:
    difference = Difference(value, value - half, value + half, 0.95, half / 2, 99.0, 0.5, 0.5, 0.03, 0.01, 100, 100, 5, "example")
    return Comparison(
        task="a task",
        question="",
        metric="auroc@1",
        primary=True,
        learner=learner,
        baseline="theirs",
        difference=difference,
        p_adjusted=0.5,
        p_equivalence_adjusted=0.5,
        verdict=verdict,
    )


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("count", [1, 120])
def test_a_forest_plot_names_both_arms_of_every_row(count: int, wide: bool) -> None:
    rows = [comparison(0.1 * np.sin(place), learner=f"arm {place}") for place in range(count)]
    rows[-1] = comparison(NAN, NAN, learner=rows[-1].learner)
    found = texts(forest(rows, limits=limits(rows), wide=wide))
    assert all(f"arm {place} − theirs" in found for place in range(count))
    assert "undefined" in found


def test_a_verdict_is_told_by_a_sign_and_not_by_colour_alone() -> None:
    rows = [comparison(0.1, verdict="better"), comparison(-0.1, verdict="worse"), comparison(0, verdict="tied"), comparison(0.01)]
    found = texts(forest(rows, limits=limits(rows), wide=False))
    assert {"▲", "▼", "=", "○"} <= set(found)


def test_the_range_holds_zero_the_margin_and_every_difference_but_no_wild_interval() -> None:
    rows = [comparison(0.01 * place) for place in range(30)]
    low, high = limits([*rows, comparison(0.1, half=50.0)])
    assert low < -0.01 and 0.3 < high < 1
    assert limits([comparison(NAN)]) == (-0.1, 0.1)


def test_names_of_arms_are_text_and_never_markup_or_formulas() -> None:
    rows = [comparison(0.1, learner="<script>&$x^2$")]
    svg = forest(rows, limits=limits(rows), wide=True)
    assert "<script" not in svg and any("$x^2$" in text for text in texts(svg))


def test_a_figure_is_the_same_every_time_and_follows_the_colours_of_the_page() -> None:
    rows = [comparison(0.1, verdict="better")]
    first, second = (forest(rows, limits=limits(rows), wide=True) for _ in range(2))
    assert first == second
    assert "var(--better)" in first and not re.search(r"#[0-9a-f]{6}|http|DejaVu", first)


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    draw(lambda figure: None, width=10, height=10, label="nothing")
    assert dict(matplotlib.rcParams) == before


def test_per_seed_values_are_drawn_where_some_are_undefined() -> None:
    scores = [
        Score(
            task="t",
            arm="a",
            metric="auroc@1",
            estimate=Estimate(0.8, 0.7, 0.9, 0.95, 9, 9, ""),
            per_seed=(0.8, NAN),
            outcomes={},
        ),
        Score(
            task="t",
            arm="b",
            metric="auroc@1",
            estimate=Estimate(NAN, NAN, NAN, 0.95, 9, 9, ""),
            per_seed=(NAN, NAN),
            outcomes={},
        ),
    ]
    assert {"a", "b", "undefined"} <= set(texts(seeds(scores, learners=["a"])))


def test_every_arm_is_named_in_the_picture_of_cost_and_accuracy() -> None:
    points = [Point(f"arm {place}", 10.0 ** (place % 4), Estimate(0.5, 0.4, 0.6, 0.95, 9, 9, ""), False) for place in range(12)]
    found = texts(front(points, task="t", metric="Accuracy", cost="tokens a question"))
    assert all(point.arm in found for point in points)


def test_kaplan_meier_agrees_with_scikit_survival() -> None:
    random = np.random.default_rng(0)
    for size in (1, 7, 200):
        times, events = random.integers(0, 30, size).astype(float), random.random(size) < 0.6
        expected_times, expected = kaplan_meier_estimator(events, times)
        found_times, found = kaplan_meier(times, events)
        np.testing.assert_array_equal(found_times, expected_times)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_survival_is_drawn_where_all_risks_are_equal() -> None:
    times, events = np.array([1.0, 2.0, 3.0]), np.array([True, False, True])
    assert "high risk: 0 records" in survival(np.ones(3), times, events, arm="constant", task="t", unit="days")


def test_roc_points_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    values, truths = random.integers(0, 9, 80).astype(float), random.integers(0, 2, 80).astype(float)
    false_rate, true_rate = roc_points(values, truths)
    expected = roc_curve(truths, values, drop_intermediate=False)
    np.testing.assert_allclose(false_rate, expected[0])
    np.testing.assert_allclose(true_rate, expected[1])
    assert np.trapezoid(true_rate, false_rate) == pytest.approx(roc_auc_score(truths, values))


@pytest.mark.parametrize("step", [1, 2])
def test_an_outline_encloses_the_region_and_its_holes(step: int) -> None:
    inside = np.zeros((12, 16), dtype=bool)
    inside[2:10, 4:12] = True
    inside[4:8, 6:10] = False
    paths = outline(inside, step).split("z")[:-1]
    assert len(paths) == 2
    area = sum(_area(path) for path in paths)
    assert abs(area) == pytest.approx(inside.sum(), rel=0.25)


def test_a_smoothed_curve_keeps_its_length_its_mean_level_and_loses_its_noise() -> None:
    noisy = 3 + np.random.default_rng(0).normal(size=400)
    smooth = smoothed(noisy, 41)
    assert len(smooth) == 400 and smooth.std() < 0.35
    assert smoothed(np.full(9, 3.0), 4) == pytest.approx(3.0)


def test_training_that_stopped_early_and_other_units_can_be_drawn() -> None:
    def arm(name: str, *lengths: int) -> Trained:
        traces = [Trace(np.arange(1.0, length + 1), np.linspace(5, 0.1, length)) for length in lengths]
        return Trained(name, name == "theirs", traces)

    arms = [arm("theirs", 300, 120), arm("ours", 1)]
    for draw_curves in (losses, validation_scores):
        assert {"theirs", "ours", "step"} <= set(texts(draw_curves(arms, task="t", phase="training")))


def test_an_empty_region_has_no_outline() -> None:
    assert outline(np.zeros((3, 3), dtype=bool)) == ""


def _area(path: str) -> float:
    """Signed area in pixels of a closed path in half pixels."""
    numbers = [int(number) for number in re.findall(r"-?\d+", path)]
    corners = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0) / 2
    x, y = corners.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


@pytest.mark.parametrize("last", [0.4, 0.002])
def test_a_logarithmic_axis_has_plain_numbers(last: float) -> None:
    trace = Trace(np.arange(1.0, 51), np.geomspace(1.2, last, 50))
    page = str(losses([Trained("ours", False, [trace])], task="toy", phase="training"))
    labels = re.findall(r">([^<>]+)</text>", page)
    assert "$" not in page
    assert {"0.5", "1"} & set(labels) and len([label for label in labels if re.fullmatch(r"0?\.?\d+", label)]) >= 3
