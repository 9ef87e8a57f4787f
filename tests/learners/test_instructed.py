from vesalius.language.mocks import oracle
from vesalius.language.scripted import Scripted
from vesalius.learners.instructed import Instructed, QuestionsAndInstructions, instruction_prompt
from vesalius.learners.learner import Learner
from vesalius.records import Choices, Record, Text


def _instruction(number, text="Turn around. fever, cough."):
    return Record(id=f"i{number}", subject_id=f"i{number}", fields={"instruction": Text(text)})


def _question(number):
    fields = {"question": Text("Which thins blood?"), "options": Choices(("aloe", "heparin"))}
    return Record(id=f"q{number}", subject_id=f"q{number}", fields=fields)


def test_what_is_written_is_the_answer_and_silence_is_empty():
    said = iter(["  cough, fever \n", "\n\nQuestion: and now?"])
    backend = Scripted(lambda prompt, sampling, sample: next(said))
    learner = Instructed(lambda: backend)
    first, second = learner.predict([_instruction(1), _instruction(2)])
    assert isinstance(learner, Learner)
    assert (first.value, first.outcome, first.raw) == ("cough, fever", "answered", "  cough, fever \n")
    assert (second.value, second.outcome) == (None, "empty")
    assert first.tokens > 0 and first.calls == 1
    assert backend.asked[0] == instruction_prompt(_instruction(1)) == "Question: Turn around. fever, cough.\nAnswer:"


def test_questions_get_a_letter_and_instructions_a_text_in_the_order_of_the_records():
    answers = oracle({"Which thins blood?": "heparin"})

    class Both(Scripted):
        def score(self, prompts, continuations):
            return answers.score(prompts, continuations)

    learner = QuestionsAndInstructions(lambda: Both(lambda prompt, sampling, sample: "cough, fever"))
    said = learner.predict([_instruction(1), _question(1), _instruction(2), _question(2)])
    assert [one.record_id for one in said] == ["i1", "q1", "i2", "q2"]
    assert [one.value for one in said] == ["cough, fever", "B", "cough, fever", "B"]
