import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.checks import check_learner
from vesalius.errors import UserError
from vesalius.language.clinical_prediction import WAYS, Predicted, parse_prediction, prediction_prompt
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.prompted_prediction import PromptedPrediction
from vesalius.records import Label, Text
from vesalius.sources.simulators.admissions import CLASSES
from vesalius.systems.ehr.clinicalbench import SYSTEM
from vesalius.trials.cell import split_of

DEATH, STAY = Predicted("mortality", CLASSES["mortality"]), Predicted("length of stay", CLASSES["length of stay"])
CLASSED, RANKED = SYSTEM.tasks["mortality"]("smoke")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1", "yes"),
        ("**0**", "no"),
        ("1. He is septic.", "yes"),
        ("1\nHe is 71, so I thought again.\nThe answer is 0.", "no"),
        ("1. Sepsis at 90\n2. Shock\nThe answer is 1.", "yes"),
        ("Sepsis.\n1", "yes"),
        ("No.", "no"),
        ("The final answer is (1)", "yes"),
    ],
)
def test_an_answer_is_read(text, name):
    assert parse_prediction(text, DEATH) == (name, "answered")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", "empty"),
        ("...", "empty"),
        ("I'm sorry, I cannot say.", "refused"),
        ("2", "unparsed"),
        ("The answer is 10.", "unparsed"),
        ("1.5", "unparsed"),
        ("1 week", "unparsed"),
        ("The patient has had 1 infarction and 0 strokes and will see", "unparsed"),
        ("No evidence of death", "unparsed"),
    ],
)
def test_what_settles_on_nothing_is_no_answer(text, outcome):
    assert parse_prediction(text, DEATH) == (None, outcome)


@given(st.text(max_size=80))
def test_any_text_gives_a_class_or_an_outcome_of_its_own(text):
    for asked in (DEATH, STAY):
        name, outcome = parse_prediction(text, asked)
        assert (name in asked.classes) == (outcome == "answered") and (name is None) == (outcome != "answered")


@pytest.mark.parametrize("asked", [DEATH, STAY])
def test_what_an_example_says_is_read_back(asked):
    for way in WAYS:
        for name in asked.classes:
            shown = str(prediction_prompt("Age: 5", asked, way, [("Age: 4", name)]))
            solved = shown.split("\n\nPatient:")[0].split("\n\nYou are")[0].splitlines()[-1]
            assert parse_prediction(solved.split(":", 1)[1], asked) == (name, "answered")


def test_ways_are_asked_in_other_words_and_examples_stand_in_front():
    prompts = {str(prediction_prompt("Age: 5", DEATH, way)) for way in WAYS}
    assert len(prompts) == len(WAYS) and all("Age: 5" in prompt and "1: yes" in prompt for prompt in prompts)
    turns = prediction_prompt("Age: 5", DEATH, "direct", [("Age: 4", "yes")], chat=True)
    assert [turn.role for turn in turns] == ["user", "assistant", "user"] and turns[1].text == "1"


def sickest(prompt, sampling=None, sample=0):
    """Says that who is on norepinephrine dies."""
    return "1" if "norepinephrine" in text_of(prompt).split("Patient:")[-1] else "0"


@pytest.mark.parametrize("task", [CLASSED, RANKED], ids=["class", "score"])
def test_the_learner_keeps_its_contract(task):
    answer = task.tags["answer"]
    model = Scripted(sickest, lambda prompt, said: 0.0 if said.strip() == sickest(prompt) else -3.0)
    check_learner(lambda seed: PromptedPrediction(lambda: model, DEATH, way="direct", answer=answer, shots=2, seed=seed), task)


def test_examples_are_of_each_class_and_follow_from_the_seed():
    model = Scripted(sickest)
    train = split_of(CLASSED).train
    for seed in (0, 0, 1):
        learner = PromptedPrediction(lambda: model, DEATH, way="direct", answer="class", shots=2, seed=seed)
        learner.fit(train, [])
        learner.predict(split_of(CLASSED).test[:1])
    first, again, other = (text_of(prompt) for prompt in model.asked)
    assert first == again != other
    known = {record.get("patient", Text).value: record.get("mortality", Label).value for record in train}
    shown = [part.split("\nQuestion")[0].removeprefix("Patient:\n") for part in first.split("\n\n")[:2]]
    assert [known[words] for words in shown] == ["no", "yes"]
    with pytest.raises(UserError, match="no examples yet"):
        PromptedPrediction(lambda: model, DEATH, way="direct", answer="class", shots=2).predict(split_of(CLASSED).test)
