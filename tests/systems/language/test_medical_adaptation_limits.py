from vesalius.language.local.loading import load
from vesalius.language.models import base_folder
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.prompt_chosen import PromptChosen
from vesalius.records import Choices, Text
from vesalius.sources.simulators.mini_clinic.note_questions import NoteQuestions
from vesalius.systems.language.adapted_pairs import MODELS
from vesalius.systems.language.fine_tuned_pairs import Budget, FineTuned
from vesalius.systems.language.med_dapt_progress import candidates
from vesalius.systems.language.medical_adaptation_limits import SYSTEM


def test_three_regimes_on_exams_and_notes():
    tasks = SYSTEM.tasks["clinic"]("default")
    assert {task.question for task in tasks} == {
        f"{regime}, {family}" for regime in ("zero-shot", "few-shot", "fine-tuned") for family in ("exams", "notes")
    }
    assert all(set(SYSTEM.learners(task, "default")) == set(MODELS) for task in tasks)


def test_the_longest_prompts_leave_the_shipped_model_room_for_a_chain():
    task = next(task for task in SYSTEM.tasks["clinic"]("default") if task.question == "few-shot, notes")
    (asked,) = [one for one in candidates("few-shot", "default") if one.protocol == "chain of thought" and one.draw == 0]
    model, taken = load(base_folder()), []

    def answer(prompt, sampling, sample):
        taken.append(len(model.tokenizer(text_of(prompt))["input_ids"]) + sampling.max_tokens)
        return "The answer is B."

    split = task.split(task.source.records())
    for seed in range(5):
        learner = PromptChosen(lambda: Scripted(answer), [asked], seed=seed)
        learner.fit(split.train, split.validation)
        learner.predict([*split.validation, *split.test])
    assert 250 < max(taken) <= model.longest


def test_a_note_holds_the_right_option_of_its_question_and_no_other():
    for record in NoteQuestions(test=60).records():
        options = record.get("options", Choices).options
        note = record.get("context", Text).value
        found = [option for option in options if f" {option}." in note]
        assert found == [options["ABCD".index(record.get("answer", Text).value)]]


def test_fine_tuning_learns_from_where_the_adapted_model_is():
    task = next(task for task in SYSTEM.tasks["clinic"]("smoke") if task.tags["regime"] == "fine-tuned")
    split = task.split(task.source.records())
    still = Budget(steps=1, batch=2, learning_rate=0.0)
    said = {}
    for system in (None, "me-llama"):
        for budget in (still, Budget(steps=3, batch=4, learning_rate=1e-2)):
            learner = FineTuned(system, "smoke", "resident", budget, 0)
            learner.fit(split.train, split.validation)
            said[system, budget.steps] = tuple(one.raw for one in learner.predict(split.test))
    assert len(set(said.values())) == 4
