import math

import pytest

from vesalius.language.backend import Sampling
from vesalius.language.questions import Question
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.language_model.process_reward.solutions import asked
from vesalius.learners.language_model.self_evolved import ByTree, right_paths, valued_paths
from vesalius.learners.language_model.tree_search import Node, Search, back_propagate, grow, selected, upper_bound

QUESTION = Question(id="q", text="Which?", options=("gout", "flu"), order=(0, 1), answer=1)


def child(parent, step, *, value=0.0, visits=1, finished=False):
    node = Node(step=step, parent=parent, value=value, visits=visits, finished=finished)
    parent.children.append(node)
    return node


def written(prompt):
    """What stands behind the question already."""
    return text_of(prompt).removeprefix(asked(QUESTION))


def policy(rules):
    """Continues by the longest rule that what is written ends with: texts in turn, a sample each."""

    def answer(prompt, sampling, sample):
        done = written(prompt).strip()
        known = max((rule for rule in rules if done.endswith(rule)), key=len)
        texts = rules[known]
        return texts[0] if sampling.temperature == 0 else texts[sample % len(texts)]

    return Scripted(answer)


def test_the_bound_is_that_of_ucb1_and_selection_follows_it_past_what_is_explored():
    root = Node(visits=10)
    often, seldom = child(root, "a", value=0.6, visits=7), child(root, "b", value=0.5, visits=2)
    done = child(root, "c", value=0.9, visits=1, finished=True)
    assert upper_bound(0.6, 7, 10, 2.0) == pytest.approx(0.6 + 2 * math.sqrt(math.log(10) / 7))
    assert selected(root, 2.0) is seldom and selected(root, 0.0) is often
    assert done.explored and not root.explored
    deeper = child(seldom, "d", value=0.1, visits=1, finished=True)
    assert seldom.explored and deeper.steps == ("b", "d") and selected(root, 2.0) is often


def test_values_go_back_as_means_weighted_by_visits():
    root = Node()
    first, second = Node(parent=root), Node(parent=root)
    root.children = [first, second]
    back_propagate(first, 0.5)
    back_propagate(second, 0.0)
    assert root.value == 0.25
    ends = [Node(parent=first), Node(parent=first)]
    first.children = ends
    back_propagate(ends[0], 1.0)
    assert first.value == 1.0 and (first.visits, root.visits) == (2, 3)
    back_propagate(ends[1], 0.0)
    # first: (1 + 0) / 2 with three visits; root: (3 · 0.5 + 1 · 0) / 4
    assert first.value == 0.5 and root.value == 0.375


GREEDY_FAILS = {
    "": [" Left. The answer is A.", " Right. The answer is A.", " Left. The answer is A."],
    "Left.": [" The answer is A."],
    "Right.": [" The answer is B.", " The answer is A."],
}


def test_the_search_finds_what_greedy_decoding_misses():
    backend = policy(GREEDY_FAILS)
    assert backend.generate([asked(QUESTION)], Sampling())[0].text == " Left. The answer is A."
    [tree] = grow(backend, [QUESTION], Search(rounds=6, branches=3, roll_outs=5))
    assert right_paths(tree) == ["Right. The answer is B."]
    assert {end.letter for end in tree.wrong_ends} == {"A"} and tree.root.explored
    assert tree.calls == len(backend.asked) - 1 and tree.tokens > 0


def test_a_step_is_worth_the_share_of_right_answers_behind_it():
    # Left: its own two samples and four roll-outs are wrong; Right: its own sample is wrong, two of four roll-outs are right
    [tree] = grow(policy(GREEDY_FAILS), [QUESTION], Search(rounds=1, branches=3, roll_outs=5))
    assert {node.step: node.value for node in tree.root.children} == {" Left.": 0.0, " Right.": 0.4}
    assert tree.root.value == pytest.approx(0.2)


def test_ends_are_judged_by_the_rule_and_all_paths_teach_the_reward_model():
    [tree] = grow(policy(GREEDY_FAILS), [QUESTION], Search(rounds=6, branches=3, roll_outs=5))
    labelled = valued_paths(tree)
    values = dict(zip(labelled.chains, labelled.labels, strict=True))
    assert values[(" Right.", " The answer is B.")] == (0.5, 1.0)
    assert values[(" Right.", " The answer is A.")] == (0.5, 0.0)
    assert values[(" Left.", " The answer is A.")] == (0.0, 0.0)


LONG = {"": [" One. Two. Three. The answer is B."], "One.": [" Two. Three. The answer is B."]}


def test_a_certain_step_is_finished_by_one_of_its_roll_outs():
    [tree] = grow(policy(LONG), [QUESTION], Search(rounds=1, branches=2, roll_outs=3))
    assert right_paths(tree) == ["One. Two. Three. The answer is B."]
    [end] = tree.right_ends
    assert [node.value for node in end.path] == [1.0] * 4
    [unsure] = grow(policy(LONG), [QUESTION], Search(rounds=1, branches=2, roll_outs=3, sure=1.1))
    assert not unsure.right_ends


LURE = {
    "": [" Lure. The answer is A.", " Plain. The answer is A."],
    "Lure.": [" Lure. The answer is B.", " Lure. The answer is A."],
    "Plain.": [" Step. The answer is A.", " Step. The answer is A."],
    "Plain. Step.": [" The answer is B."],
}


def test_without_exploration_a_lure_holds_the_search():
    # of the lure's roll-outs some look right, but it never ends; the plain step looks hopeless at first
    explored, stuck = (
        grow(policy(LURE), [QUESTION], Search(rounds=8, branches=2, roll_outs=3, exploration=c))[0] for c in (2.0, 0.0)
    )
    assert any("Plain." in path for path in right_paths(explored))
    assert not any("Plain." in path for path in right_paths(stuck))


def test_enough_right_ends_stop_a_tree_and_questions_are_searched_side_by_side():
    backend = policy(LONG)
    trees = grow(backend, [QUESTION, QUESTION], Search(rounds=9, branches=2, roll_outs=1, enough=1))
    assert len(trees) == 2 and all(len(tree.right_ends) == 1 for tree in trees)
    assert len(backend.asked) == 2


def test_what_cannot_be_asked_ends_its_path():
    [tree] = grow(policy({"": [""]}), [QUESTION], Search(rounds=3))
    assert tree.root.explored and [end.letter for end in tree.wrong_ends] == [None]
    assert valued_paths(tree).chains == ()


def test_a_search_needs_the_answer():
    with pytest.raises(ValueError, match="reward"):
        grow(policy(LONG), [Question(id="q", text="?", options=("a", "b"), order=(0, 1))], Search())


def test_the_tree_gives_the_policy_its_examples():
    found = ByTree(Search(rounds=6, branches=3, roll_outs=5))(policy(GREEDY_FAILS), [QUESTION], 3)
    assert [(one.prompt, one.answer) for one in found.right] == [(asked(QUESTION), "Right. The answer is B.")]
    assert found.tokens > 0 and found.calls > 0 and len(found.labelled) == 1
