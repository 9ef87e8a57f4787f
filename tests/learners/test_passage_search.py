from vesalius.checks import check_learner
from vesalius.language.retrieval import Bm25, Document
from vesalius.learners.passage_search import PassageSearch, TwoStage
from vesalius.learners.text_encoder import EncoderRecipe
from vesalius.learners.training import Regime
from vesalius.nets.text import TransformerSize
from vesalius.records import Record, Text
from vesalius.sources.answer_retrieval import AnswerRetrieval
from vesalius.sources.simulators.health_questions import HealthQuestions
from vesalius.systems.clinical_text.spbertqa import SYSTEM

CORPUS = [Document("fever", "", "fever and chills"), Document("rash", "", "a rash with fever"), Document("pain", "", "pain only")]
RECIPE = EncoderRecipe(
    regime=Regime(steps=2, learning_rate=1e-3),
    size=TransformerSize(width=16, depth=1, heads=2, positions=16),
    vocabulary=300,
    batch=4,
    question_length=16,
    passage_length=16,
)


def asked(text, name="1"):
    return Record(id=name, subject_id=name, fields={"question": Text(text), "answer": Text(f"because of {text}")})


TRAIN = [asked(f"question {word}", word) for word in ("gout", "flu", "piles")]


class Fixed:
    """An encoder by which a text is the nearer the more often it says rash."""

    def embed_questions(self, questions):
        import numpy as np

        return np.array([[1.0, 0.0]] * len(questions))

    def embed_passages(self, passages):
        import numpy as np

        return np.array([[float(passage.count("rash")), float(passage.count("pain"))] for passage in passages])


def test_a_search_lists_what_the_index_finds():
    learner = PassageSearch(lambda: CORPUS, Bm25, listed=2)
    said = learner.predict([asked("rash, fever"), asked("nothing of it")])
    assert [one.value for one in said] == ["rash,fever", ""]


def test_the_second_stage_orders_what_the_first_hands_on_and_nothing_else():
    two = TwoStage(lambda: CORPUS, Bm25, RECIPE, candidates=2, seed=0)
    alone = TwoStage(lambda: CORPUS, None, RECIPE, candidates=3, seed=0)
    for learner in (two, alone):
        learner.encoder = Fixed()
    question = [asked("chills")]
    assert two.predict(question)[0].value == "fever"
    assert alone.predict(question)[0].value == "rash,fever,pain"
    assert two.predict([asked("fever or chills?")])[0].value == "rash,fever"
    assert PassageSearch(lambda: CORPUS, Bm25).predict([asked("fever or chills?")])[0].value == "fever,rash"


def test_a_new_fit_forgets_the_vectors_of_the_old():
    learner = TwoStage(lambda: CORPUS, None, RECIPE, seed=0)
    learner.fit(TRAIN, [])
    learner.predict(TRAIN)
    one = learner._ranking
    learner.fit(TRAIN[:2], [])
    learner.predict(TRAIN)
    assert learner._ranking is not one


def test_two_stages_keep_the_contract_of_a_learner():
    (task,) = SYSTEM.tasks["simulated"]("smoke")
    source = AnswerRetrieval(HealthQuestions(pairs=60))
    assert task.source == AnswerRetrieval(HealthQuestions(pairs=120, seed=1)) != source
    check_learner(lambda seed: SYSTEM.learners(task, "smoke")["two-stage"](seed), task)
