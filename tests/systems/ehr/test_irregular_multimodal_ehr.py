from dataclasses import fields

import pytest

from vesalius.systems.ehr.irregular_multimodal_ehr import OTHERS, PROPOSAL, SYSTEM, recipe


@pytest.mark.parametrize("name", OTHERS)
def test_an_arm_differs_from_the_proposal_in_what_it_is_named_after(name):
    (proposal,) = PROPOSAL.values()
    ours, theirs = (recipe(variant, "default", decides=True) for variant in (proposal, OTHERS[name]))
    differ = {field.name for field in fields(ours) if getattr(ours, field.name) != getattr(theirs, field.name)}
    expected = {
        "imputation only": {"way"},
        "interpolation only": {"way"},
        "mean imputation": {"way", "form"},
        "late fusion": {"fusion"},
        "series alone": {"modalities"},
        "notes alone": {"modalities"},
    }
    assert differ == expected[name]


def test_decisions_are_judged_by_f1_and_probabilities_by_ranking():
    for size in ("smoke", "default", "paper"):
        measured = {tuple(one.metric.name for one in task.measures) for task in SYSTEM.tasks["icu"](size)}
        assert measured == {("f1",), ("auroc", "auprc")}
        answers = {recipe(variant, size, decides=True).answer for variant in OTHERS.values()}
        assert answers == {"decision"} and recipe(OTHERS["notes alone"], size, decides=False).answer == "probability"
