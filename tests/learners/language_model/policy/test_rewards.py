import pytest

from vesalius.language.questions import Question
from vesalius.learners.language_model.policy.rewards import direct, in_form, right_option, right_option_in_form

QUESTION = Question(id="1", text="Which thins blood?", options=("aloe", "heparin", "iron", "zinc"), order=(0, 1, 2, 3), answer=1)
STEPS = "Aloe cools the skin. Heparin binds antithrombin."


@pytest.mark.parametrize(
    ("text", "right", "formed", "short"),
    [
        (f"{STEPS} The answer is B.", 1, 1, 0),
        (f"{STEPS} The answer is C.", 0, 1, 0),
        (f"{STEPS} The answer is (B).", 1, 1, 0),
        ("The answer is B.", 1, 0, 1),
        ("Heparin. The answer is B.", 1, 1, 1),
        (f"The answer is B. {STEPS}", 1, 0, 1),
        (f"The answer is A. {STEPS} The answer is B.", 0, 0, 1),
        (f"{STEPS} B", 0, 0, 0),
        ("", 0, 0, 1),
    ],
)
def test_what_a_rule_says_of_a_text(text, right, formed, short):
    assert (right_option(QUESTION, text), in_form(QUESTION, text), direct(QUESTION, text)) == (right, formed, short)
    assert right_option_in_form(QUESTION, text) == (right if formed else -1)


def test_what_stands_behind_the_answer_as_a_question_of_the_models_own_is_not_judged():
    assert right_option_in_form(QUESTION, f"{STEPS} The answer is B.\n\nQuestion: Why? The answer is A.") == 1


def test_a_question_without_an_answer_has_no_right_option():
    unknown = Question(id="1", text="?", options=QUESTION.options, order=QUESTION.order)
    assert right_option(unknown, f"{STEPS} The answer is B.") == 0
