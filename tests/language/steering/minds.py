"""Models of known mind for tests of steering, and what they are asked."""

import hashlib

from tests.language.exams import exam, key
from vesalius.language.mocks import options_of
from vesalius.language.questions import question_of
from vesalius.language.scripted import Scripted, text_of

RECORDS = exam(240)
QUESTIONS = [question_of(record) for record in RECORDS]
UNSOLVED = [question_of(record, target="") for record in RECORDS]
KEY = key(RECORDS)
BARE = [()] * len(QUESTIONS)


def share(*parts):
    """A number from 0 to 1 that its parts alone decide."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big") / 2**48


def asked_in(text):
    return max(KEY, key=text.rfind)


def right_letter(text):
    asked = asked_in(text)
    options = options_of(text[text.rfind(asked) :])
    return next(letter for letter, option in options.items() if option == KEY[asked])


def right_share(answers):
    """How many are right, of questions whose answers are A, B, C, D in turn."""
    return sum(one.letter == "ABCD"[int(question.id[1:]) % 4] for one, question in zip(answers, QUESTIONS)) / len(answers)


def biased(bias):
    """Names the option in front so often, whatever it is, and is right otherwise."""

    def say(prompt, sampling, sample):
        text = text_of(prompt)
        return f"The answer is {'A' if share(text) < bias else right_letter(text)}."

    return Scripted(say)


def noisy(accuracy):
    """Right so often in every sample, and any other option otherwise."""

    def say(prompt, sampling, sample):
        text = text_of(prompt)
        right = right_letter(text)
        drawn = share(text, sampling.seed, sample)
        others = [letter for letter in "ABCD" if letter != right]
        said = right if drawn < accuracy else others[int(3 * share(text, sampling.seed, sample, "which"))]
        return f"Step by step. The answer is {said}."

    return Scripted(say)
