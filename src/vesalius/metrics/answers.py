"""Short answers and extracted spans against one or several references, with the normalisation of SQuAD."""

from collections.abc import Sequence

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import Truth, f1_of, references, shared, squad_words, text


def _answers(truth: Truth) -> tuple[str, ...]:
    """The references; none means that the question has no answer, as in SQuAD 2.0."""
    if isinstance(truth, Sequence) and len(truth) == 0:
        return ("",)
    return references(truth)


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def exact_match(prediction: str, truth: Truth) -> float:
    """1 where prediction and any reference have the same words after SQuAD's normalisation, else 0 (Rajpurkar et al. 2016).

    Normalisation: lower case, ASCII punctuation deleted, the articles a, an, the deleted, spaces collapsed. With several
    references this is the EM of span question answering.

    Args:
        prediction: the answer.
        truth: one reference or several; none, or an empty one, where the question has no answer (SQuAD 2.0).

    Returns:
        0 or 1; a text without words matches only one without words.

    Raises:
        ValueError: if something is not a text.

    >>> exact_match("The pleura.", "pleura"), exact_match("left lung", ["lung", "left lobe"])
    (1.0, 0.0)
    """
    said = squad_words(text(prediction))
    return float(any(said == squad_words(each) for each in _answers(truth)))


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def token_f1(prediction: str, truth: Truth) -> float:
    """F1 of the words shared with the best reference, 2|P∩T| / (|P|+|T|) over multisets (Rajpurkar et al. 2016, 2018).

    Words are those of SQuAD's normalisation, as in ``exact_match``; with several references this is the F1 of span question
    answering.

    Args:
        prediction: the answer.
        truth: one reference or several; none, or an empty one, where the question has no answer.

    Returns:
        0 to 1; both without words: 1; one without words: 0.

    Raises:
        ValueError: if something is not a text.

    >>> token_f1("left pleural effusion", ["an effusion", "pleural effusion"])
    0.8
    """
    said = squad_words(text(prediction))
    return max(_f1(said, squad_words(each)) for each in _answers(truth))


def _f1(said: list[str], true: list[str]) -> float:
    if not said or not true:
        return float(said == true)
    return f1_of(shared(said, true), len(said), len(true))


@metric(family="text", unanswered=0.0, properties={"identity"})
def token_recall(prediction: str, truth: Truth) -> float:
    """Share of the best reference's words that the prediction has, |P∩T| / |T| over multisets.

    The score of open questions in visual question answering (LLaVA-Med, Li et al. 2023), here with the words of SQuAD's
    normalisation; a long answer is not punished, so report it beside ``token_f1``.

    Args:
        prediction: the answer.
        truth: one reference or several; none, or an empty one, where the question has no answer.

    Returns:
        0 to 1; a reference without words: 1 if the prediction has none either, else 0.

    Raises:
        ValueError: if something is not a text.

    >>> token_recall("it is the right upper lobe", "right lobe"), token_recall("lobe", "right lobe")
    (1.0, 0.5)
    """
    said = squad_words(text(prediction))
    return max(_recall(said, squad_words(each)) for each in _answers(truth))


def _recall(said: list[str], true: list[str]) -> float:
    if not true:
        return float(not said)
    return shared(said, true) / len(true)


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def hamming_score(prediction: str, truth: str) -> float:
    """Share of the chosen and the right options that are both, |P∩T| / |P∪T| (FrenchMedMCQA, Labrak et al. 2022).

    The score of questions with several right options, beside ``accuracy``, which wants all of them and no other. Options are
    named with commas between them; order, case, spaces and repetition do not count.

    Args:
        prediction: the chosen options, such as ``A,C``.
        truth: the right ones.

    Returns:
        0 to 1; nothing chosen and nothing right: 1.

    Raises:
        ValueError: if something is not a text.

    >>> hamming_score("A,C", "A,B,C"), hamming_score("c, a", "A,C")
    (0.6666666666666666, 1.0)
    """
    said, true = _options(text(prediction)), _options(text(truth, "truth"))
    return len(said & true) / len(said | true) if said | true else 1.0


def _options(value: str) -> set[str]:
    return {option.strip().casefold() for option in value.split(",")} - {""}
