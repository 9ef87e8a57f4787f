import numpy as np
import pytest

from vesalius.systems.clinical_text.spbertqa import BUDGETS, SYSTEM, recipe


@pytest.fixture(scope="module")
def said():
    """What each arm names for the smoke questions, in their order."""
    (task,) = SYSTEM.tasks["simulated"]("smoke")
    split = task.split(task.source.records())
    records = [task.blind(record) for record in split.test[:20]]
    lists = {}
    for name, build in {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}.items():
        learner = build(0)
        learner.fit(split.train, split.validation)
        lists[name] = [prediction.value.split(",") for prediction in learner.predict(records)]
    return lists


def test_both_stages_name_what_bm25_names_in_an_order_of_their_own(said):
    for two in ("two-stage", "two-stage, untrained"):
        assert [set(names) for names in said[two]] == [set(names) for names in said["bm25"]]
        assert said[two] != said["bm25"]
    assert said["two-stage"] != said["two-stage, untrained"]


def test_without_the_first_stage_the_encoder_names_others(said):
    assert any(set(alone) - set(bm25) for alone, bm25 in zip(said["encoder alone"], said["bm25"], strict=True))
    assert all(len(names) == BUDGETS["smoke"].candidates for names in said["encoder alone"])


def test_the_untrained_encoder_has_the_trained_one_s_size_and_pieces():
    trained, untrained = (recipe(BUDGETS["default"], trained=trained) for trained in (True, False))
    assert (trained.size, trained.vocabulary) == (untrained.size, untrained.vocabulary)
    assert trained.regime.steps > 0 == untrained.regime.steps


def test_medquads_questions_are_answered_from_the_corpus(public_data):
    public_data("medquad")
    (task,) = SYSTEM.tasks["medquad"]("smoke")
    split = task.split(task.source.records())
    corpus = task.source.corpus()
    assert all(set(task.truth(record).split(",")) <= corpus.keys() for record in split.test)
    assert set(task.blind(split.test[0]).fields) == {"question"}
    assert 1 <= np.mean([len(task.truth(record).split(",")) for record in split.test]) < 2
