from vesalius.language.evidence import AsAsked, First, Generated, ReadFirst, with_evidence
from vesalius.language.mocks import model, options_of
from vesalius.language.questions import Question
from vesalius.language.retrieval import Bm25, Document
from vesalius.language.steering import Ask

CORPUS = [Document("1", "Gout", "gout shows redness."), Document("2", "Mumps", "mumps shows swelling.")]
ASKED = [
    Question(id=name, text=f"What does {name} show?", options=("fever", "swelling", "redness"), order=(2, 1, 0))
    for name in ("gout", "mumps")
]


def reader():
    """Believes what stands before the question."""

    def pick(text):
        before = text.split("\n\n")[0] if "\n\n" in text else ""
        return next((letter for letter, option in options_of(text).items() if option in before), None)

    return model(pick, "reader")


def reading(**other):
    settings = {"queries": AsAsked(), "select": First(1), "then": Ask(), "depth": 2, "words": 50}
    return ReadFirst(lambda backend: Bm25(CORPUS), **(settings | other))


def letters(strategy, backend=None):
    return [one.letter for one in strategy(backend or reader(), ASKED, [()] * 2, 0)]


def test_what_is_found_is_read_before_the_question():
    assert letters(reading()) == ["A", "B"]
    assert letters(Ask()) == [None, None]


def test_an_answer_is_told_in_the_order_of_the_record():
    (first, _) = reading()(reader(), ASKED, [()] * 2, 0)
    assert first.letter == "A" and "C" in first.raw


def test_costs_of_queries_choosing_and_answering_add_up():
    asked = Generated(way="search", joined=True)
    plain, searched = reading()(reader(), ASKED, [()] * 2, 0)[0], reading(queries=asked)(reader(), ASKED, [()] * 2, 0)[0]
    assert searched.calls == plain.calls + 1 and searched.tokens > plain.tokens
    assert len(reading(queries=asked).prompts) == 2


def test_the_index_is_made_once_and_with_the_model():
    made = []
    strategy = ReadFirst(
        lambda backend: made.append(backend) or Bm25(CORPUS),
        queries=AsAsked(),
        select=First(1),
        then=Ask(),
        depth=1,
        words=9,
    )
    backend = reader()
    letters(strategy, backend), letters(strategy, backend)
    assert made == [backend]


def test_documents_fill_the_room_in_their_order():
    shown = with_evidence(ASKED[0], [Document("1", "", "a b c"), Document("2", "", "d e f"), Document("3", "", "g")], 5)
    assert shown.text == "a b c\nd e\n\nWhat does gout show?"
    assert with_evidence(ASKED[0], [], 5) == ASKED[0]
