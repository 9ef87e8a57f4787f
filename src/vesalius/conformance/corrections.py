"""Corrections of notes beside the package rouge, by which MEDIQA-CORR 2024 was scored, and scikit-learn."""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics import METRICS, NO_ERROR, Correction, corrections

SMOOTHED = "rouge adds 1e-8 to the divisor of its F1, so that not even equal sentences get 1; otherwise equal."
WORDS = ("Culture", "shows", "Trichomonas", "vaginalis.", "38.1", "C", "is", "given", "the", "The", "patient", "a", "a", "IV,")


def correction_agreements() -> Iterator[Agreement]:
    """Every metric of corrections that an installed peer has."""
    said, true = drawn(400)
    if find_spec("sklearn"):
        yield from _with_scikit_learn(said, true)
    if find_spec("rouge"):
        yield from _with_rouge(said, true)


def drawn(count: int, *, seed: int = 0) -> tuple[list[Correction], list[Correction]]:
    """Predictions and truths of notes, in the benchmark's form; about a third say that there is no error."""
    rng = np.random.default_rng(seed)

    def one() -> Correction:
        if rng.random() < 0.35:
            return NO_ERROR
        return Correction("1", str(rng.integers(4)), " ".join(rng.choice(WORDS, rng.integers(1, 9))))

    return [one() for _ in range(count)], [one() for _ in range(count)]


def _with_scikit_learn(said: list[Correction], true: list[Correction]) -> Iterator[Agreement]:
    from sklearn.metrics import accuracy_score

    for function, part in ((corrections.error_flag_accuracy, "flag"), (corrections.error_sentence_accuracy, "sentence")):
        ours = float(np.mean([function(a.line, b.line) for a, b in zip(said, true, strict=True)]))
        theirs = float(accuracy_score([getattr(one, part) for one in true], [getattr(one, part) for one in said]))
        yield agreement(METRICS[function.__name__].identity, "scikit-learn", "random corrections", [ours], [theirs])


def _with_rouge(said: list[Correction], true: list[Correction]) -> Iterator[Agreement]:
    from rouge import Rouge

    none = NO_ERROR.correction
    both = [(a, b) for a, b in zip(said, true, strict=True) if none not in (a.correction, b.correction)]
    scored = Rouge(metrics=["rouge-1"]).get_scores([a.correction for a, _ in both], [b.correction for _, b in both])
    theirs = [float(one["rouge-1"]["f"]) for one in scored]
    ours = [corrections.correction_composite(a.line, b.line) for a, b in both]
    identity = METRICS["correction_composite"].identity
    yield agreement(identity, "rouge", "random corrections, a sentence in both", ours, theirs, note=SMOOTHED)
    agreed = sum(a.correction == b.correction == none for a, b in zip(said, true, strict=True))
    composite = float(np.mean([corrections.correction_composite(a.line, b.line) for a, b in zip(said, true, strict=True)]))
    inputs = "random corrections, as the benchmark's script sums"
    yield agreement(identity, "rouge", inputs, [composite], [(sum(theirs) + agreed) / len(said)], note=SMOOTHED)
    subset = corrections.corrected_sentence_rouge_1([a.line for a in said], [b.line for b in true])
    identity = METRICS["corrected_sentence_rouge_1"].identity
    yield agreement(identity, "rouge", "random corrections", [subset], [float(np.mean(theirs))], note=SMOOTHED)
