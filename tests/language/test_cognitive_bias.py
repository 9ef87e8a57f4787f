from itertools import pairwise

import pytest

from tests.language.exams import exam, key, record
from vesalius.errors import UserError
from vesalius.language.backend import Message, Sampling
from vesalius.language.cognitive_bias import (
    BIASES,
    KEY,
    TAG,
    UNBIASED,
    CognitiveBias,
    bias_templates,
    education,
    suggestion_in,
    unbiased,
)
from vesalius.language.mocks import model
from vesalius.language.prefaced import Prefaced
from vesalius.language.scripted import Scripted, text_of
from vesalius.language.swayed import swayed
from vesalius.records import Choices, Text, digest_of

EXAM = exam(40)


def told(record, field):
    return record.get(field, Text).value


def test_every_kind_suggests_a_wrong_option_by_its_own_words_and_leaves_the_rest():
    made = CognitiveBias(every=True).build(EXAM, 0)
    assert len({one.id for one in made}) == len(made) == 7 * len(EXAM)
    for one in made:
        original = EXAM[int(one.subject_id[1:])]
        right, suggested = told(one, KEY).split("/")
        assert right == told(original, "answer") == told(one, "answer") != suggested
        option = one.get("options", Choices).options["ABCD".index(suggested)]
        remark = bias_templates()[f"suggestion: {one.tags[TAG]}"].fill(option=option)
        assert told(one, "question") == f"{told(original, 'question')} {remark}"
        assert suggestion_in(told(one, "question")) == option
        assert told(unbiased(one), "question") == told(one, UNBIASED) == told(original, "question")
    assert len({remark.text for name, remark in bias_templates().items() if name.startswith("suggestion")}) == len(BIASES)
    assert len({education(kind) for kind in BIASES}) == len(BIASES)


def test_all_kinds_suggest_the_same_option_which_the_seed_decides():
    every = CognitiveBias(every=True)
    for one in EXAM:
        assert len({told(made, KEY) for made in every.build([one], 3)}) == 1
    first, second = ([told(one, KEY) for one in CognitiveBias().build(EXAM, seed)] for seed in (0, 1))
    assert first != second
    assert len({one[-1] for one in first}) == 4


def test_one_kind_a_question_spreads_over_the_kinds_and_is_the_same_every_time():
    made = CognitiveBias().build(EXAM, 0)
    assert len(made) == len(EXAM)
    assert {one.tags[TAG] for one in made} == set(BIASES)
    assert digest_of(made) == digest_of(CognitiveBias().build(EXAM, 0))


def test_without_suggestion_only_the_remark_is_gone():
    plain, pushed = CognitiveBias(suggested=False).build(EXAM, 0), CognitiveBias().build(EXAM, 0)
    assert [told(one, "question") for one in plain] == [told(one, "question") for one in EXAM]
    assert [(one.id, told(one, KEY), one.tags) for one in plain] == [(one.id, told(one, KEY), one.tags) for one in pushed]


def test_a_question_without_its_answer_is_refused():
    with pytest.raises(UserError, match="give questions with their answers"):
        CognitiveBias().build([record(1)], 0)


@pytest.mark.parametrize("option", ["2.5 mg", "flu. Or not", "a {b}", "(x|y)*", "it is so"])
def test_a_suggestion_is_found_whatever_the_option_is(option):
    for kind in BIASES:
        remark = bias_templates()[f"suggestion: {kind}"].fill(option=option)
        assert suggestion_in(f"Why. {remark}\nA. {option}\nB. none") == option
    assert suggestion_in(f"Is it {option}?") is None


def test_a_preface_stands_first_and_what_the_system_said_stays():
    echo = Prefaced(Scripted(lambda prompt, sampling, sample: "", identity="x"), "P")
    inner = echo._backend
    asked, other = Message("user", "b"), Message("user", "d")
    echo.generate(["a", (asked,), (Message("system", "c"), other)], Sampling())
    assert inner.asked == ["P\n\na", (Message("system", "P"), asked), (Message("system", "P\n\nc"), other)]
    echo.score(["a"], [["b"]])
    assert inner.scored == [("P\n\na", ("b",))]
    assert echo.identity != "x" and echo.identity != Prefaced(inner, "Q").identity


def test_a_swayed_model_follows_the_last_question_not_a_demonstration():
    backend = swayed(key(EXAM))
    made = CognitiveBias().build(EXAM, 0)
    for one, other in pairwise(made):
        options = one.get("options", Choices).options
        lettered = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
        asked = f"{told(other, 'question')}\nA. p\nB. q\nAnswer: A\n\n{told(one, 'question')}\n{lettered}\nAnswer:"
        assert backend.generate([asked], Sampling())[0].text == f"The answer is {told(one, KEY)[-1]}."
        assert text_of(backend.asked[-1]) == asked
    assert swayed({}).generate(["Why?"], Sampling())[0].text == model(lambda text: None, "").generate(["?"], Sampling())[0].text
