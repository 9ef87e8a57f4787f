import pytest

from vesalius.errors import UserError
from vesalius.language.backend import Prompt
from vesalius.language.mocks import options_of
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.prompt_chosen import Candidate, PromptChosen
from vesalius.records import Choices, Record, Text

CANDIDATES = [Candidate(protocol="letter"), Candidate(protocol="generation")]


def record(place):
    fields = {"question": Text(f"Which is {place}?"), "options": Choices(("no", "yes", "maybe")), "answer": Text("B")}
    return Record(id=str(place), subject_id=str(place), fields=fields)


RECORDS = [record(place) for place in range(6)]


def model(writes: str, finds_likely: str) -> Scripted:
    """Writes one letter and finds another one likely."""

    def score(prompt: Prompt, continuation: str) -> float:
        return 0.0 if continuation.strip() == finds_likely else -5.0

    return Scripted(lambda prompt, sampling, sample: f"The answer is {writes}.", score, identity=writes + finds_likely)


def fitted(backend, **options):
    learner = PromptChosen(lambda: backend, CANDIDATES, **options)
    learner.fit([], RECORDS[:3])
    return learner


def test_a_model_is_tried_once_for_all_that_are_asked_by_its_prompt():
    judge = model("A", "B")
    for writer in (model("B", "A"), model("C", "A")):
        fitted(writer, judge=lambda: judge)
    assert len(judge.asked) == 3


@pytest.mark.parametrize(("backend", "chosen"), [(model("A", "B"), 0), (model("B", "A"), 1), (model("B", "B"), 0)])
def test_each_model_is_asked_by_the_prompt_that_suits_it_and_the_first_of_equal_ones(backend, chosen):
    learner = fitted(backend)
    assert learner.chosen == CANDIDATES[chosen]
    assert {one.value for one in learner.predict([RECORDS[4]])} == {"B"}


def test_the_prompt_that_suits_another_model_costs_answers():
    writer, judge = model("B", "A"), model("A", "B")
    learner = fitted(writer, judge=lambda: judge)
    assert learner.chosen == CANDIDATES[0]
    assert [one.value for one in learner.predict(RECORDS[3:])] == ["A"] * 3
    assert [one.value for one in fitted(writer).predict(RECORDS[3:])] == ["B"] * 3


def test_draws_of_examples_are_candidates_too():
    shown = []

    def answer(prompt, sampling, sample):
        text = text_of(prompt)
        shown.append(text)
        assert options_of(text)
        return "The answer is B."

    tried = [Candidate(protocol="generation", shots=2, draw=draw) for draw in range(2)]
    learner = PromptChosen(lambda: Scripted(answer), tried, seed=3)
    learner.fit(RECORDS[:4], RECORDS[4:5])
    first, second, *_ = shown
    assert first.count("Question:") == second.count("Question:") == 3 and first != second


def test_an_answer_is_as_long_as_the_candidate_has_it():
    asked = []

    def answer(prompt, sampling, sample):
        asked.append(sampling.max_tokens)
        return "The answer is B."

    learner = PromptChosen(lambda: Scripted(answer), [Candidate(protocol="chain of thought", max_tokens=77)])
    learner.fit([], RECORDS[:1])
    learner.predict(RECORDS[:2])
    assert set(asked) == {77}


def test_what_was_chosen_is_kept(tmp_path):
    learner = fitted(model("B", "A"))
    learner.save(tmp_path)
    again = PromptChosen(lambda: model("B", "A"), CANDIDATES)
    again.load(tmp_path)
    assert again.chosen == CANDIDATES[1]
    (tmp_path / "prompt.json").write_text("{}")
    with pytest.raises(UserError, match="damaged"):
        again.load(tmp_path)


def test_choosing_needs_validation_records_and_asking_needs_a_choice():
    learner = PromptChosen(lambda: model("A", "A"), CANDIDATES)
    with pytest.raises(UserError, match="validation records: none"):
        learner.fit(RECORDS, [])
    with pytest.raises(UserError, match="no prompt yet"):
        learner.predict(RECORDS)


def test_a_candidate_whose_examples_are_drawn_otherwise_is_tried_anew():
    """A seed draws other examples beside other candidates."""
    few = Candidate(protocol="generation", shots=1)
    judge = model("A", "B")
    for others in ((), CANDIDATES):
        PromptChosen(lambda: judge, [few, *others, few], seed=1).fit(RECORDS[3:], RECORDS[:3])
    shown = [text_of(prompt) for prompt in judge.asked if text_of(prompt).count("Which is") > 1]
    assert len(shown) == 2 * len(RECORDS[:3])
