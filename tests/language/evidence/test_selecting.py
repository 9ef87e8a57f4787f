import math

from vesalius.language.evidence import ByUncertainty, First, union
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document, Hit
from vesalius.language.scripted import Scripted

ASKED = Question(id="1", text="Which?", options=("x", "y"), order=(0, 1))
SURE = {"strong": 0.99, "weak": 0.7, "same": 0.6, "worse": 0.5}


def documents(*names):
    return [Document(name, "", f"It is {name}.") for name in names]


def surer(prompt, continuation):
    """A model that is 0.6 sure of A, and as sure as the table says behind a document."""
    share = next((value for name, value in SURE.items() if name in prompt), 0.6)
    return math.log(share if continuation == " A" else 1 - share)


def test_documents_are_read_in_the_order_in_which_they_lower_the_entropy_and_others_not():
    backend = Scripted(lambda *_: "", surer)
    (chosen,) = ByUncertainty(keep=9, words=9)(backend, [ASKED], [documents("worse", "weak", "same", "strong")])
    assert [document.id for document in chosen.documents] == ["strong", "weak"]
    assert chosen.calls == 5 and chosen.tokens > 5


def test_a_threshold_and_a_number_hold_back_more():
    backend = Scripted(lambda *_: "", surer)
    found = [documents("weak", "strong")]
    assert [d.id for d in ByUncertainty(keep=1, words=9)(backend, [ASKED], found)[0].documents] == ["strong"]
    assert [d.id for d in ByUncertainty(keep=9, words=9, threshold=0.5)(backend, [ASKED], found)[0].documents] == ["strong"]
    assert First(1)(backend, [ASKED], found)[0].documents[0].id == "weak"


def test_each_question_gets_its_own():
    backend = Scripted(lambda *_: "", surer)
    chosen = ByUncertainty(keep=9, words=9)(backend, [ASKED, ASKED, ASKED], [documents("worse"), [], documents("strong", "weak")])
    assert [[document.id for document in one.documents] for one in chosen] == [[], [], ["strong", "weak"]]
    assert [one.calls for one in chosen] == [2, 1, 3]


def test_the_best_of_every_query_stands_before_the_second_of_any():
    hits = [[Hit(document, 1.0) for document in documents(*names)] for names in (["a", "b", "c"], [], ["d", "b"])]
    assert [document.id for document in union(hits)] == ["a", "d", "b", "c"]
    assert union([]) == ()
