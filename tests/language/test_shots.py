import pytest

from tests.language.exams import exam
from vesalius.language.questions import Question, question_of
from vesalius.language.scripted import Scripted
from vesalius.language.shots import chooser, drawn

POOL = [question_of(one) for one in exam(30)]
MODEL = Scripted(lambda *_: "")


def asked(text, name="new"):
    return Question(id=name, text=text, options=("a", "b"), order=(0, 1))


def test_drawn_examples_are_different_ones_by_seed():
    assert drawn(POOL, 5, 1) == drawn(POOL, 5, 1) != drawn(POOL, 5, 2)
    assert len({one.id for one in drawn(POOL, 30, 1)}) == 30
    shots = chooser("random", drawn(POOL, 5, 1), 5, MODEL).choose([asked("x"), asked("y")])
    assert shots[0] is shots[1] and len(shots[0]) == 5


@pytest.mark.parametrize("choice", ["bm25", "embedding"])
def test_the_nearest_stands_last_and_the_question_itself_nowhere(choice):
    if choice == "bm25":
        pytest.importorskip("bm25s")
    pool = [asked("chest pain", "1"), asked("renal stone", "2"), asked("chest pain at night", "3"), asked("gout", "4")]
    (first, own, empty) = chooser(choice, pool, 2, MODEL).choose([asked("pain in chest at night"), pool[0], asked("?")])
    assert [one.id for one in first] == ["1", "3"]
    assert "1" not in [one.id for one in own] and own[-1].id == "3"
    assert len(empty) == 2
    assert chooser(choice, pool, 2, MODEL).choose([]) == []


def test_no_examples_need_no_pool_and_no_model():
    assert chooser("bm25", [], 0, MODEL).choose([asked("x")]) == [[]]
