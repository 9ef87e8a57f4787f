from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.learners import irregular
from vesalius.learners.irregular import IrregularRecipe, IrregularStays, best_threshold
from vesalius.learners.learner import Learner
from vesalius.learners.stays import StayForm
from vesalius.learners.training import Regime
from vesalius.metrics import METRICS
from vesalius.records import Label
from vesalius.sources.simulators.icu_stays import IcuStays
from vesalius.tasks.texts import by_release

SPLIT = by_release(IcuStays(train=400, validation=80, test=300).records())
RECIPE = IrregularRecipe(
    modalities=("series", "notes"),
    way="gated",
    fusion="interleaved",
    form=StayForm(hours=48, references=6, vector=64),
    width=8,
    depth=1,
    heads=2,
    time=4,
    dropout=0.1,
    batch=16,
    regime=Regime(steps=3, learning_rate=5e-3),
    answer="probability",
)


def learner(seed=0, **changes):
    return IrregularStays(replace(RECIPE, **changes), target="outcome", seed=seed)


def values(made, records):
    return [one.value for one in made.predict(records)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"fusion": "late"},
        {"way": "imputation"},
        {"modalities": ("series",), "way": "interpolation"},
        {"modalities": ("notes",), "answer": "decision"},
    ],
    ids=str,
)
def test_it_answers_and_is_kept(changes, tmp_path):
    made = learner(**changes)
    assert isinstance(made, Learner)
    with pytest.raises(UserError, match="fit the learner"):
        made.predict(SPLIT.test)
    made.fit(SPLIT.train[:60], SPLIT.validation[:30])
    said = values(made, SPLIT.test[:40])
    assert all(value in (0.0, 1.0) if "answer" in changes else 0 < value < 1 for value in said)
    made.save(tmp_path)
    again = learner(seed=1, **changes)
    again.load(tmp_path)
    assert values(again, SPLIT.test[:40]) == said
    (tmp_path / "threshold.json").write_text("{}")
    with pytest.raises(UserError, match=r"threshold\.json: damaged"):
        again.load(tmp_path)


def test_it_learns_who_dies():
    made = learner(regime=Regime(steps=120, learning_rate=1e-2, clip=1.0), batch=32)
    made.fit(SPLIT.train, SPLIT.validation)
    truths = np.array([record.get("outcome", Label).index for record in SPLIT.test])
    assert METRICS["auroc"].function(made.probabilities(SPLIT.test), truths) > 0.6


def test_a_stay_alone_is_answered_as_among_others(monkeypatch):
    made = learner()
    made.fit(SPLIT.train[:40], [])
    whole = made.probabilities(SPLIT.test[:30])
    assert np.allclose([made.probabilities([record])[0] for record in SPLIT.test[:30]], whole, atol=1e-6)
    monkeypatch.setattr(irregular, "_AT_ONCE", 7)
    assert np.allclose(made.probabilities(SPLIT.test[:30]), whole, atol=1e-6)


@pytest.mark.parametrize(("modality", "lacks"), [("series", "note hours"), ("notes", "vitals")])
def test_a_modality_that_is_not_read_may_be_absent(modality, lacks):
    def without(records):
        return [replace(one, fields={name: field for name, field in one.fields.items() if name != lacks}) for one in records]

    said = []
    for records, tested in ((SPLIT.train, SPLIT.test), (without(SPLIT.train), without(SPLIT.test))):
        made = learner(modalities=(modality,))
        made.fit(records[:40], [])
        said.append(values(made, tested[:10]))
    assert said[0] == said[1]


def test_a_decision_is_a_probability_from_the_threshold_of_validation_on():
    made = learner(answer="decision")
    made.fit(SPLIT.train[:60], SPLIT.validation)
    truths = np.array([record.get("outcome", Label).index for record in SPLIT.validation])
    threshold = best_threshold(made.probabilities(SPLIT.validation), truths)
    assert threshold != 0.5
    assert values(made, SPLIT.test) == (made.probabilities(SPLIT.test) >= threshold).astype(float).tolist()


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.51, 0.9]), st.integers(0, 1)), min_size=1), st.floats(0, 1))
def test_no_threshold_has_a_higher_f1_than_the_best(answers, other):
    probabilities, truths = (np.array([one[place] for one in answers], dtype=float) for place in (0, 1))
    f1 = METRICS["f1"].function
    best = best_threshold(probabilities, truths)
    if not truths.any():
        assert best == 0.5
        return
    assert f1((probabilities >= best).astype(int), truths) >= f1((probabilities >= other).astype(int), truths)
