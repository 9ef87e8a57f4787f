import numpy as np
import pytest

from vesalius.checks import check_learner
from vesalius.errors import UserError
from vesalius.language.retrieval import Bm25, Document
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.option_reader import OptionReader, ReaderRecipe
from vesalius.learners.training import Regime
from vesalius.nets.text import TransformerSize
from vesalius.records import Choices, Record, Text
from vesalius.systems.language.medqa import SYSTEM

NAMES = [f"drug{number}" for number in range(90)]
CORPUS = [Document(name, "", f"{name} {'works' if number % 3 == 0 else 'fails'} here") for number, name in enumerate(NAMES)]


def questions(groups, answered=True):
    """Which of three drugs works: only the corpus tells."""
    made = []
    for group in groups:
        place = group % 3
        options = [NAMES[3 * group + 1], NAMES[3 * group + 2]]
        options.insert(place, NAMES[3 * group])
        fields = {"question": Text("Which?"), "options": Choices(tuple(options))}
        if answered:
            fields["answer"] = Text("ABC"[place])
        made.append(Record(id=str(group), subject_id=str(group), fields=fields))
    return made


def recipe(kind="max-out", steps=60, passages=1):
    return ReaderRecipe(
        kind=kind,
        regime=Regime(steps=steps, learning_rate=1e-2, checks=2),
        size=TransformerSize(width=16, depth=1, heads=2, positions=40, dropout=0.0),
        vocabulary=300,
        batch=8,
        passages=passages,
        context_length=16,
        asked_length=16,
    )


def right(learner, groups):
    said = [prediction.value for prediction in learner.predict(questions(groups, answered=False))]
    return float(np.mean([one == "ABC"[group % 3] for one, group in zip(said, groups, strict=True)]))


@pytest.mark.parametrize("kind", ["max-out", "transformer"])
def test_a_reader_learns_to_read_what_is_retrieved_and_is_lost_without_it(kind):
    train, test = questions(range(15)), range(15, 30)
    reader = OptionReader(lambda: CORPUS, Bm25, recipe(kind), seed=0)
    reader.fit(train, [])
    assert right(reader, test) == 1.0
    without = OptionReader(lambda: CORPUS, Bm25, recipe(kind, passages=0), seed=0)
    without.fit(train, [])
    assert right(without, test) < 0.8


def test_the_query_is_the_question_with_the_option():
    asked = []

    class Watched(Bm25):
        def search(self, queries, count):
            asked.extend(queries)
            return super().search(queries, count)

    reader = OptionReader(lambda: CORPUS, Watched, recipe(steps=1, passages=2), seed=0)
    reader.fit(questions([0]), [])
    assert asked == [f"Which? {NAMES[number]}" for number in range(3)]


def test_questions_may_have_other_numbers_of_options():
    reader = OptionReader(lambda: CORPUS, Bm25, recipe(steps=2), seed=0)
    two = Record(id="two", subject_id="two", fields={"question": Text("Which?"), "options": Choices(("drug1", "drug3"))})
    answered = Record(id="t", subject_id="t", fields=dict(two.fields) | {"answer": Text("B")})
    reader.fit([*questions(range(3)), answered], [answered])
    said = reader.predict([two, *questions([5], answered=False)])
    assert said[0].value in "AB" and said[1].value in "ABC"
    assert reader.predict([two])[0].value == said[0].value


def test_the_state_with_the_most_right_validation_answers_is_kept():
    reader = OptionReader(lambda: CORPUS, Bm25, recipe(), seed=0)
    reader.fit(questions(range(15)), questions(range(15, 20)))
    assert [step for step, _ in reader.history.scores] == [30, 60]


def test_what_cannot_be_trained_or_asked_is_refused(tmp_path):
    reader = OptionReader(lambda: CORPUS, Bm25, recipe(), seed=0)
    with pytest.raises(UserError, match="fit the learner"):
        reader.predict(questions([0], answered=False))
    for records in ([], questions([0], answered=False)):
        with pytest.raises(UserError, match="answer"):
            reader.fit(records, [])
    with pytest.raises(UserError, match=r"subwords\.json"):
        reader.load(tmp_path)


def test_a_training_that_is_stopped_goes_on_to_the_same_answers(tmp_path, stop_after):
    whole = OptionReader(lambda: CORPUS, Bm25, recipe(steps=6), seed=0)
    whole.fit(questions(range(10)), [])
    stop_after["stop"] = stop_after["done"] + 4
    with checkpoints(tmp_path), pytest.raises(KeyboardInterrupt):
        OptionReader(lambda: CORPUS, Bm25, recipe(steps=6), seed=0).fit(questions(range(10)), [])
    resumed, before = OptionReader(lambda: CORPUS, Bm25, recipe(steps=6), seed=0), stop_after["done"]
    with checkpoints(tmp_path):
        resumed.fit(questions(range(10)), [])
    assert stop_after["done"] - before == 2
    for name, value in whole._network.state_dict().items():
        assert (value == resumed._network.state_dict()[name]).all()


def test_a_reader_keeps_the_contract_of_a_learner():
    (task,) = SYSTEM.tasks["clinic"]("smoke")
    check_learner(lambda seed: SYSTEM.learners(task, "smoke")["max-out"](seed), task)
