from dataclasses import replace

import pytest

from vesalius.errors import UserError
from vesalius.language.scripted import Scripted
from vesalius.language.tree_of_thoughts import AskedEvaluator, ChanceEvaluator, LikelihoodEvaluator
from vesalius.systems.language import qm_tot
from vesalius.systems.language.qm_tot import CHAIN, LINE_TOKENS, PLAIN, SYSTEM


def task(size, form="search"):
    return next(one for one in SYSTEM.tasks["clinic"](size) if one.tags["form"] == form)


def test_all_arms_but_the_models_before_rounding_are_rounded(monkeypatch):
    opened = []
    monkeypatch.setattr(qm_tot, "opened_int4", lambda name, group: opened.append(group) or Scripted(lambda *_: ""))
    monkeypatch.setattr(qm_tot, "opened", lambda name: opened.append(None) or Scripted(lambda *_: ""))
    one = task("default")
    arms = {**SYSTEM.learners(one, "default"), **SYSTEM.baselines(one, "default")}
    for build in arms.values():
        build(0).backend  # noqa: B018
    plain = [name for name in arms if not name.startswith("INT4")]
    assert plain == ["before rounding, chain of thought"] and opened.count(None) == 1 and opened.count(128) == len(arms) - 1
    assert {CHAIN, PLAIN} <= set(SYSTEM.baselines(one, "default"))


def test_trees_differ_in_their_evaluators_alone():
    one = task("default")
    trees = {name: build.args[1] for name, build in SYSTEM.learners(one, "default").items() if "tree" in name}
    assert [type(tree.evaluator) for tree in trees.values()] == [LikelihoodEvaluator, AskedEvaluator, ChanceEvaluator]
    assert len({(tree.width, tree.beam, tree.depth) for tree in trees.values()}) == 1


@pytest.mark.parametrize("size", ["smoke", "default", "paper"])
def test_the_clinic_writes_sentences_and_other_models_lines_at_every_size(size):
    def tree(data):
        return SYSTEM.learners(replace(task("smoke"), tags={"data": data, "form": "search"}), size)[
            "INT4, tree of thoughts"
        ].args[1]

    assert tree("clinic").end == "." and tree("medqa").end == "\n"
    assert tree("medqa").step_tokens == LINE_TOKENS[size]


def test_a_student_is_compared_with_itself_and_with_chains_on_the_same_steps():
    one = task("smoke", "distillation")
    (tree,), baselines = SYSTEM.learners(one, "smoke").values(), SYSTEM.baselines(one, "smoke")
    assert list(baselines) == ["tuned on chains", "not tuned"]
    assert tree.args[1].lessons == baselines["tuned on chains"].args[1].lessons
    assert {record.tags["part"] for record in one.source.records()} == {"new form"}


def test_a_server_cannot_be_rounded():
    one = task("smoke")
    build = SYSTEM.baselines(replace(one, tags={**one.tags, "backend": "http://localhost:1#m"}), "smoke")[CHAIN]
    with pytest.raises(UserError, match="server"):
        build(0).predict([one.blind(one.source.records()[0])])
