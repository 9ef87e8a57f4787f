import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.language.answers import parse_choice

DRUGS = ("Aspirin", "Heparin", "Warfarin", "Alteplase")
VERDICTS = ("yes", "no", "maybe")
COUNTS = ("1", "2", "3", "4")
NAMES = ("E. coli", "C. difficile", "Vitamin A", "None of the above")
LETTERS = ("B", "C", "D", "E")

ANSWERED = [
    ("B", DRUGS, "B"),
    ("b", DRUGS, "B"),
    ("Ｂ", DRUGS, "B"),
    ("ｂ）", DRUGS, "B"),
    ("B.", DRUGS, "B"),
    ("(B)", DRUGS, "B"),
    ("[c]", DRUGS, "C"),
    ("**B**", DRUGS, "B"),
    ("_B_", DRUGS, "B"),
    ("`B`", DRUGS, "B"),
    ('"B"', DRUGS, "B"),
    ("A", DRUGS, "A"),
    ("a", DRUGS, "A"),
    ("option B", DRUGS, "B"),
    ("Option (b)", DRUGS, "B"),
    ("Answer B", DRUGS, "B"),
    ("B\nB", DRUGS, "B"),
    ("B) text", DRUGS, "B"),
    ("B. Heparin", DRUGS, "B"),
    ("(B) Heparin", DRUGS, "B"),
    ("**B. Heparin**", DRUGS, "B"),
    ("B - Heparin", DRUGS, "B"),
    ("B: Heparin", DRUGS, "B"),
    ("B because it binds antithrombin", DRUGS, "B"),
    ("Heparin", DRUGS, "B"),
    ("heparin.", DRUGS, "B"),
    ("Heparin. It binds antithrombin.", DRUGS, "B"),
    ("The answer is B.", DRUGS, "B"),
    ("The correct answer is B", DRUGS, "B"),
    ("The correct answer is (B) Heparin.", DRUGS, "B"),
    ("The correct answer is heparin.", DRUGS, "B"),
    ("the correct answer is option b.", DRUGS, "B"),
    ("The most likely answer is: C", DRUGS, "C"),
    ("The answer to the question is D.", DRUGS, "D"),
    ("The best choice would be C.", DRUGS, "C"),
    ("The answer would probably be C.", DRUGS, "C"),
    ("The answer is most likely B.", DRUGS, "B"),
    ("The answer is A because aspirin is safe.", DRUGS, "A"),
    ("The answer is B, I think.", DRUGS, "B"),
    ("The answer is A, not B.", DRUGS, "A"),
    ("Answer: B", DRUGS, "B"),
    ("ANSWER - B", DRUGS, "B"),
    ("Answer: (B)", DRUGS, "B"),
    ("Ans: B", DRUGS, "B"),
    ("Answer:\n\nB", DRUGS, "B"),
    ("答案：Ｂ", DRUGS, "B"),
    ("答案是B", DRUGS, "B"),
    ("<answer>B</answer>", DRUGS, "B"),
    ("\\boxed{B}", DRUGS, "B"),
    ("so it is $\\boxed{\\text{B}}$.", DRUGS, "B"),
    ("Option B is correct.", DRUGS, "B"),
    ("A is correct, B is wrong", DRUGS, "A"),
    ("A is wrong. B is wrong. Therefore, C is the best answer.", DRUGS, "C"),
    ("A. is wrong. B. is wrong. The answer is C.", DRUGS, "C"),
    ("I choose D", DRUGS, "D"),
    ("I would choose:\n\nD", DRUGS, "D"),
    ("I think it's B.", DRUGS, "B"),
    ("not A, so D", DRUGS, "D"),
    ("It is not A. So it is D.", DRUGS, "D"),
    ("A and B are excluded, therefore C", DRUGS, "C"),
    ("Aspirin is not given after surgery.\n\nB", DRUGS, "B"),
    ("I am not sure, but the answer is B.", DRUGS, "B"),
    ("As an AI I give no advice. The answer is C.", DRUGS, "C"),
    ('{"answer_choice": "B"}', DRUGS, "B"),
    ('{"step_by_step_thinking": "Not A. The answer is C.", "answer_choice": "B"}', DRUGS, "B"),
    ('```json\n{"answer_choice": "B"}\n```', DRUGS, "B"),
    ('{"answer_choice": "B"} I hope that this helps.', DRUGS, "B"),
    ('{"thinking": "x" "answer_choice": "B"}', DRUGS, "B"),
    ('{"thinking": "he said "x", so", "answer_choice": "B"}', DRUGS, "B"),
    ('{"answer_choice": "B', DRUGS, "B"),
    ('{"answer_choice": "B. Hep', DRUGS, "B"),
    ('{"answer_choice": "B. Heparin"}', DRUGS, "B"),
    ('{"answer_choice": "Heparin"}', DRUGS, "B"),
    ('{"answer_choice": ["B"]}', DRUGS, "B"),
    ("{'answer': 'B'}", DRUGS, "B"),
    ('{\\"answer_choice\\": \\"B\\"}', DRUGS, "B"),
    ('{"answer_choice": "\\u0042"}', DRUGS, "B"),
    ('{"answer": "It binds antithrombin", "answer_choice": "B"}', DRUGS, "B"),
    ("yes", VERDICTS, "A"),
    ("No.", VERDICTS, "B"),
    ("Maybe", VERDICTS, "C"),
    ("Yes, because the effect was seen.", VERDICTS, "A"),
    ("No, the answer is C.", VERDICTS, "C"),
    ("A. Yes, but not consistently.", VERDICTS, "A"),
    ('{"answer_choice": "B. no"}', VERDICTS, "B"),
    ("A. True", VERDICTS, "A"),
    ("4", COUNTS, "D"),
    ("D. 4", COUNTS, "D"),
    ("The answer is 4.", COUNTS, "D"),
    ("E. coli", NAMES, "A"),
    ("The answer is C. difficile.", NAMES, "B"),
    ("None of the above", NAMES, "D"),
    ("Vitamin A", NAMES, "C"),
    ("B", LETTERS, "B"),
    ("B. C", LETTERS, "B"),
]

UNPARSED = [
    ("No.", DRUGS),
    ("HI", DRUGS),
    ("Answer: AB", DRUGS),
    ("A, B", DRUGS),
    ("A/B", DRUGS),
    ("A or B", DRUGS),
    ("B and C", DRUGS),
    ("A B C D", DRUGS),
    ("A\nB\nC\nD", DRUGS),
    ("B>A>D>C", DRUGS),
    ("A. Aspirin B. Heparin C. Warfarin D. Alteplase", DRUGS),
    ("A. Aspirin\nB. Heparin\nC. Warfarin\nD. Alteplase", DRUGS),
    ("A. Aspirin or B. Heparin", DRUGS),
    ("The answer is A or B.", DRUGS),
    ("The answer is either A or B.", DRUGS),
    ("The answer is B and C.", DRUGS),
    ("The answer is B. Heparin or C. Warfarin.", DRUGS),
    ("The answer is A. Wait, the answer is B.", DRUGS),
    ('{"answer_choice": "A"} {"answer_choice": "B"}', DRUGS),
    ('{"answer_choice": "A/B/C/D"}', DRUGS),
    ('{"answer_choice": ["A", "B"]}', DRUGS),
    ('{"answer_choice": "None of the above"}', DRUGS),
    ('{"answer_choice": "N/A"}', DRUGS),
    ('{"answer_choice": "E"}', DRUGS),
    ("E", DRUGS),
    ("The answer is E.", DRUGS),
    ("E. Seek further advice", DRUGS),
    ("C", ("left", "right")),
    ("None of the above", DRUGS),
    ("D. None of the above", DRUGS),
    ("All of the above", DRUGS),
    ("It is not A", DRUGS),
    ("The answer is not A.", DRUGS),
    ("not A, so not D", DRUGS),
    ("Neither A nor B is correct.", DRUGS),
    ("A is wrong, B is wrong", DRUGS),
    ("A: wrong", DRUGS),
    ("(A) is incorrect", DRUGS),
    ("I do not think that the answer is B.", DRUGS),
    ("I would not choose B.", DRUGS),
    ("If the clot is large, D is correct?", DRUGS),
    ("Is the answer B?", DRUGS),
    ("B?", DRUGS),
    ("I wonder whether the answer is B.", DRUGS),
    ("A patient with chest pain needs an ECG.", DRUGS),
    ("The answer is A patient with chest pain.", DRUGS),
    ("The answer is B cells.", DRUGS),
    ("I think that more tests are due.", tuple("qrstuvwxyz")),
    ("So I would do more tests.", tuple("qrstuvwxyz")),
    ("Vitamin A is the best.", DRUGS),
    ("Heparin and warfarin", DRUGS),
    ("A. Heparin", DRUGS),
    ("The answer is A. Heparin.", DRUGS),
    ("A. No", VERDICTS),
    ("C. No, it does not.", VERDICTS),
    ("E. Yes", VERDICTS),
    ("0.0", COUNTS),
    ("4.6", COUNTS),
    ("The answer is 4.6", COUNTS),
    ("same", ("same", "same")),
    ("0.0", DRUGS),
    ("Thrombosis is treated at once.", DRUGS),
]

REFUSED = [
    "I cannot help with that.",
    "I'm sorry, but I can’t assist with medical questions.",
    "As an AI language model, I do not diagnose.",
    "I cannot help you choose option B.",
    "I cannot say that the answer is B.",
    "I refuse to say that the answer is B.",
    "I cannot, so please provide the options A, B, C, D.",
    "Please provide the answer choices (A, B, C, D, E) so I can help.",
    "Unable to answer based on the provided documents",
    "Not enough information to determine the answer",
    '{"answer_choice": "Cannot be determined"}',
    "The response was filtered due to the prompt triggering the content policy.",
    "No, I cannot help.",
]

EMPTY = [
    None,
    "",
    "  \n\t ",
    "nan",
    "NaN",
    "None",
    "none",
    "null",
    "[]",
    "{}",
    '""',
    "**",
    "...",
    "\u200b",
    '{"answer_choice": ""}',
    '{"answer_choice": null}',
]

FAILED = [
    "Request timed out: Read timed out.",
    "Error communicating with the service",
    "Error code: 429 - slow down",
    "'content'",
]


@pytest.mark.parametrize(("text", "options", "letter"), ANSWERED)
def test_a_text_that_settles_on_one_option_is_answered_with_it(text, options, letter):
    answer = parse_choice(text, options)
    assert (answer.letter, answer.outcome) == (letter, "answered"), answer.rule


@pytest.mark.parametrize(("text", "options"), UNPARSED)
def test_a_text_that_settles_on_no_option_or_on_several_is_unparsed(text, options):
    answer = parse_choice(text, options)
    assert (answer.letter, answer.outcome) == (None, "unparsed"), answer.rule


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("options", [DRUGS, VERDICTS])
def test_a_refusal_is_never_credited(text, options):
    assert parse_choice(text, options).outcome == "refused"


@pytest.mark.parametrize("text", EMPTY)
@pytest.mark.parametrize("options", [DRUGS, ("nan", "None", "null")])
def test_nothing_is_empty_even_where_an_option_reads_like_it(text, options):
    assert parse_choice(text, options).outcome == "empty"


@pytest.mark.parametrize("text", FAILED)
def test_the_message_of_a_broken_service_is_not_the_models_answer(text):
    assert parse_choice(text, DRUGS).outcome == "failed"


def test_a_question_without_two_options_is_an_error():
    with pytest.raises(ValueError, match="2 to 26"):
        parse_choice("A", ("only",))


OPTIONS = st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=10)
SNIPPETS = [
    "The answer is ",
    "A",
    "B.",
    "(C)",
    " not ",
    "\n",
    '"answer_choice": "',
    "}",
    "I ",
    "so ",
    "option ",
    "is correct",
    ", ",
    "or ",
    "cannot ",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(SNIPPETS), max_size=12).map("".join))


@given(TEXTS, OPTIONS)
def test_no_text_breaks_the_parser_or_yields_a_letter_that_no_option_has(text, options):
    answer = parse_choice(text, options)
    assert (answer.letter is None) == (answer.outcome != "answered")
    assert answer.letter is None or ord(answer.letter) - ord("A") < len(options)


@given(st.text(alphabet=st.characters(categories=["Z", "P", "S", "C"])), OPTIONS)
def test_a_text_without_letters_or_digits_is_never_answered(text, options):
    bare = "".join(character for character in text if not any(map(str.isalnum, unicodedata.normalize("NFKC", character))))
    assert parse_choice(bare, options).letter is None


@given(st.integers(2, 26), st.data())
def test_the_plain_statement_of_every_letter_is_read(count, data):
    options = tuple(f"finding {index}" for index in range(count))
    letter = chr(ord("A") + data.draw(st.integers(0, count - 1)))
    said = [f"The answer is {letter}.", letter, f'{{"answer_choice": "{letter}"}}', f"\\boxed{{{letter}}}"]
    assert {parse_choice(text, options).letter for text in said if letter != "I" or text == letter} == {letter}


@given(st.permutations(DRUGS), st.sampled_from("ABCD"))
def test_the_order_of_the_options_does_not_change_what_a_letter_means(options, letter):
    assert parse_choice(f"The answer is {letter}.", options).letter == letter


@given(st.permutations(DRUGS))
def test_the_text_of_an_option_follows_it_to_its_place(options):
    assert parse_choice("The answer is heparin.", options).letter == "ABCD"[options.index("Heparin")]


@pytest.mark.parametrize(
    "unit",
    [
        "A",
        " ",
        "\n",
        "(",
        '"',
        "\\",
        "answer ",
        "the answer is ",
        "answer: A, and, and, or ",
        "A. ",
        "A, ",
        "cannot ",
        "not ",
        "so ",
        "it is B or ",
        '{"answer_choice": "',
        '"answer": [',
        "a,and ",
        "\\boxed{",
        "ﷺ",
        "。",
        "option to ",
    ],
)
def test_long_adversarial_texts_are_parsed(unit):
    # Nested repetition in a pattern would not finish here.
    parse_choice(unit * (200_000 // len(unit.encode())), DRUGS)
    parse_choice("x" + unit * (200_000 // len(unit.encode())) + "!", DRUGS)


def test_a_thought_that_was_ended_is_not_looked_at():
    thought = "<think>Is it A? The answer is A. No: as an AI I cannot help.</think>"
    assert parse_choice(f"{thought}\n\nThe answer is B.", DRUGS).letter == "B"
    assert parse_choice(f"{thought}B", DRUGS).rule == "letter alone"
    assert parse_choice(thought, DRUGS).outcome == "empty"
    assert parse_choice("<THINK>A</THINK>C", DRUGS).letter == "C"
    assert parse_choice("Is it A? The answer is A.</think>The answer is B.", DRUGS).letter == "B"


def test_a_thought_that_was_cut_is_no_answer():
    assert parse_choice("<think>The answer is A.", DRUGS).outcome == "unparsed"
    assert parse_choice("<think>The answer is A.</think><think>Or", DRUGS).outcome == "unparsed"
