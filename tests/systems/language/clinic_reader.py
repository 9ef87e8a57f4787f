"""A model that knows nothing, believes what stands before a question, and follows instructions, for tests."""

from vesalius.language.mocks import options_of
from vesalius.language.scripted import Scripted, text_of
from vesalius.sources.simulators.mini_clinic import world

DISEASES = frozenset((*world().known, *world().new))


def asked_disease(text):
    """The disease that the question is about."""
    question = text.split("Question: ")[-1].split("\nA. ")[0].split("\n\n")[-1]
    words = [word.strip("?,.:") for word in question.split()]
    return next((word for word in words if word in DISEASES), "")


def told_of(text, disease):
    """What the text before the question says of a disease."""
    before = text.rpartition("\n\n")[0].removeprefix("Question: ")
    return " ".join(line for line in before.split("\n") if disease and line.startswith(f"{disease} "))


def picked(text):
    options, known = options_of(text), told_of(text, asked_disease(text))
    return [letter for letter, option in options.items() if f" {option}," in known.replace(".", ",")]


def reader(query=None):
    """Answers what its documents say, gives queries, and judges passages by whether they are about the disease.

    Args:
        query: from a prompt and a sample, what is searched; the disease, by default.
    """
    make = query or (lambda text, sample: asked_disease(text))

    def answer(prompt, sampling, sample):
        text = text_of(prompt)
        if text.endswith(("Rewritten:", "Passage:", "Query:")):
            return f" {make(text, sample)}"
        said = picked(text)
        return f" The answer is {said[0]}." if said else " I do not know."

    def score(prompt, continuation):
        text = text_of(prompt)
        if continuation in (" yes", " no"):
            about = text.removeprefix("Passage: ").startswith(f"{asked_disease(text)} ")
            return 0.0 if (continuation == " yes") == about else -9.0
        if len(continuation) > 2:
            return float(asked_disease(f"Question: {continuation}") in text) - len(continuation)
        said = picked(text)
        return 0.0 if not said or continuation.strip() == said[0] else -9.0

    return Scripted(answer, score, identity="clinic reader")


def scores(system, task, arms, size="smoke"):
    """Share of right answers by arm."""
    test = task.split(task.source.records()).test
    every = {**system.learners(task, size), **system.baselines(task, size)}
    found = {}
    for name in arms:
        said = every[name](0).predict([task.blind(record) for record in test])
        found[name] = sum(one.value == task.truth(record) for one, record in zip(said, test, strict=True)) / len(test)
    return found
