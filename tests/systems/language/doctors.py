"""Models of known skill for tests of steering systems, in the place of the task's own."""

import hashlib

import pytest

from vesalius.language.mocks import options_of
from vesalius.language.scripted import Scripted, text_of
from vesalius.records import Choices, Text
from vesalius.systems.language import steering_arms


def share(*parts):
    """A number from 0 to 1 that its parts alone decide."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big") / 2**48


def letter_of(record):
    return record.get("answer", Text).value


class Doctor(Scripted):
    """Right so often with written steps, and by chance without; reads the last question of its prompt."""

    def __init__(self, records, skill, bias=0.0):
        self.skill, self.bias = skill, bias
        self.key = {
            one.get("question", Text).value: one.get("options", Choices).options["ABCD".index(letter_of(one))] for one in records
        }
        super().__init__(self.say, self.judge)

    def question_in(self, text):
        return max(self.key, key=text.rfind)

    def say(self, prompt, sampling, sample):
        text = text_of(prompt)
        asked = self.question_in(text)
        options = options_of(text[text.rfind(asked) :])
        right = next(letter for letter, option in options.items() if option == self.key[asked])
        # without a temperature only the prompt decides
        lot = share(text, sampling.seed, sample) if sampling.temperature else share(text)
        if share(lot, "bias") < self.bias:
            return f"The first will do. The answer is {min(options)}."
        if "step by step" not in text[text.rfind(asked) :] or lot > self.skill:
            right = "ABCD"[int(4 * share(lot, "which"))]
        return f"Compared, step after step. The answer is {right}."

    def judge(self, prompt, continuation):
        return -1.0


@pytest.fixture
def with_model(monkeypatch):
    """Puts a model in the place of the task's."""

    def put(backend):
        monkeypatch.setattr(steering_arms, "opened", lambda name: backend)
        return backend

    return put


def run(system, task, size, arm, seed=0):
    """An arm's predictions on the task's test records, and the share that is right."""
    split = task.split(task.source.records())
    learner = {**system.learners(task, size), **system.baselines(task, size)}[arm](seed)
    learner.fit(split.train, split.validation)
    told = learner.predict([task.blind(record) for record in split.test])
    right = [one.value == letter_of(record) for one, record in zip(told, split.test, strict=True)]
    return told, sum(right) / len(right)
