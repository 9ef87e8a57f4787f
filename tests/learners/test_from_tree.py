from dataclasses import replace

import pytest

from tests.language.exams import exam
from tests.learners.language_model.tiny import tiny
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.scripted import Scripted
from vesalius.language.tree_of_thoughts import ChanceEvaluator, TreeOfThoughts
from vesalius.learners.from_tree import Distilled, FromChains, FromTree, Lessons
from vesalius.learners.prompted import Prompted
from vesalius.records import Text

RECORDS = exam(4)
LESSONS = Lessons(steps=1, learning_rate=1e-3)
TREE = TreeOfThoughts(width=2, beam=2, depth=3, evaluator=ChanceEvaluator())


def guessing(prompt, sampling, sample):
    """Two steps by seed, of which one leads to A and one to B."""
    said = prompt[prompt.index("Answer:") + 7 :].strip()
    if not said:
        return f" Step {'AB'[sampling.seed % 2]}."
    return f" The answer is {said[-2]}."


def teacher():
    return Scripted(guessing)


def test_the_tree_teaches_the_path_to_the_right_option_and_nothing_where_there_is_none():
    taught = FromTree(teacher=teacher, tree=TREE, lessons=LESSONS).taught(RECORDS, 0).examples
    assert [one.answer for one in taught] == ["Step A. The answer is A.", "Step B. The answer is B."]
    assert "number 0" in taught[0].prompt and "number 1" in taught[1].prompt


def test_chains_are_taught_right_or_wrong():
    chains = FromChains(teacher=lambda: Scripted(lambda *_: " Step. The answer is A."), sampling=Sampling(), lessons=LESSONS)
    assert [one.answer for one in chains.taught(RECORDS, 0).examples] == ["Step. The answer is A."] * 4


def test_a_teacher_that_finds_nothing_is_told():
    wrong = [replace(one, fields={**one.fields, "answer": Text("D")}) for one in RECORDS]
    with pytest.raises(UserError, match="no path to learn from"):
        FromTree(teacher=teacher, tree=TREE, lessons=LESSONS)(None, None, wrong, [], 0)


@pytest.mark.parametrize("form", ["tree", "chains"])
def test_what_the_teacher_spent_is_shared_out_among_the_records_once(tmp_path, form):
    backend, base = teacher(), tiny("llama", tmp_path)
    if form == "tree":
        tune = FromTree(teacher=lambda: backend, tree=TREE, lessons=LESSONS)
    else:
        tune = FromChains(teacher=lambda: backend, sampling=Sampling(), lessons=LESSONS)
    usage = tune.taught(RECORDS, 0).usage
    assert usage.calls == len(backend.asked) + len(backend.scored) > 0 and usage.tokens > usage.calls
    student = Distilled(lambda: base, tune, ask=lambda make: Prompted(lambda: Scripted(lambda *_: "A")), seed=0)
    student.fit(RECORDS, [])
    first, second = student.predict(RECORDS[:3]), student.predict(RECORDS[:3])
    assert sum(one.tokens for one in first) - sum(one.tokens for one in second) == usage.tokens
    assert sum(one.calls for one in first) - sum(one.calls for one in second) == usage.calls
    assert max(one.calls for one in first) - min(one.calls for one in first) <= 1
