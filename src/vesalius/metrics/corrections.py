"""Finding and correcting the one error of a note, scored as MEDIQA-CORR 2024 and MEDEC do (Ben Abacha et al. 2024, 2025).

A prediction is one text in the benchmark's run format without the name of the note: the flag (1 for an error), the number of the
wrong sentence (-1 for none) and the corrected sentence (NA for none), such as ``1 5 "Culture shows Trichomonas."``. A truth has
the same form. The benchmark's aggregate is the mean of ROUGE-1, BERTScore and BLEURT; the two learned ones need weights that no
package has, so that here the aggregate is ROUGE-1 alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import text

NOT_APPLICABLE = "NA"
_LINE = re.compile(r"(?P<flag>\d+)\s+(?P<sentence>-?\d+)\s+(?P<correction>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Correction:
    """What is said of a note.

    Attributes:
        flag: ``1`` if it has an error, ``0`` if it has none.
        sentence: number of the wrong sentence, ``-1`` if none is.
        correction: the sentence as it should be; ``NA`` if none is wrong.

    >>> Correction("1", "5", "Culture shows Trichomonas.").line
    '1 5 "Culture shows Trichomonas."'
    """

    flag: str
    sentence: str
    correction: str

    @property
    def line(self) -> str:
        """In the benchmark's run format."""
        if self.correction == NOT_APPLICABLE:
            return f"{self.flag} {self.sentence} {NOT_APPLICABLE}"
        return f'{self.flag} {self.sentence} "{" ".join(self.correction.split())}"'


NO_ERROR = Correction("0", "-1", NOT_APPLICABLE)


@lru_cache(maxsize=2**14)
def read_correction(line: str) -> Correction | None:
    """What a line in the run format says; None if it is not in this format.

    White space counts as one space, quotation marks around the sentence are taken off, and who sees no error corrects nothing.

    >>> read_correction('1 5 "Culture shows Trichomonas."')
    Correction(flag='1', sentence='5', correction='Culture shows Trichomonas.')
    >>> read_correction("0 -1 Nothing is wrong."), read_correction("CORRECT")
    (Correction(flag='0', sentence='-1', correction='NA'), None)
    """
    found = _LINE.fullmatch(" ".join(line.split()))
    if found is None:
        return None
    sentence = found["correction"].strip('"') or '"'
    return Correction(found["flag"], found["sentence"], NOT_APPLICABLE if found["flag"] == "0" else sentence)


def _compared(prediction: str, truth: str) -> tuple[Correction | None, Correction]:
    true = read_correction(text(truth, "truth"))
    if true is None:
        raise ValueError("truth is not a flag, a sentence number and a correction; correct the record.")
    return read_correction(text(prediction)), true


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def error_flag_accuracy(prediction: str, truth: str) -> float:
    """1 where prediction and truth agree on whether the note has an error, else 0 (MEDIQA-CORR 2024, subtask A).

    Args:
        prediction: flag, sentence number and correction.
        truth: the same.

    Returns:
        0 or 1; a prediction in another form: 0.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> error_flag_accuracy('1 3 "Given aspirin."', '1 5 "Given heparin."'), error_flag_accuracy("0 -1 NA", "1 5 Rest.")
    (1.0, 0.0)
    """
    said, true = _compared(prediction, truth)
    return float(said is not None and said.flag == true.flag)


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def error_sentence_accuracy(prediction: str, truth: str) -> float:
    """1 where prediction and truth name the same sentence, or both none, else 0 (MEDIQA-CORR 2024, subtask B).

    It is counted over all notes, those without an error too; the flag is not looked at.

    Args:
        prediction: flag, sentence number and correction.
        truth: the same.

    Returns:
        0 or 1; a prediction in another form: 0.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> error_sentence_accuracy('1 5 "Rest."', '1 5 "Given heparin."'), error_sentence_accuracy("0 -1 NA", "0 -1 NA")
    (1.0, 1.0)
    """
    said, true = _compared(prediction, truth)
    return float(said is not None and said.sentence == true.sentence)


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def correction_composite(prediction: str, truth: str) -> float:
    """ROUGE-1 where both give a sentence, 1 where both give none, else 0: the composite of MEDIQA-CORR 2024, over all notes.

    ROUGE-1 is the benchmark's: the F1 of the sets of words that white space separates, full stops taken out, case kept; a word
    counts once. The composite of the benchmark's aggregate would take the mean with BERTScore and BLEURT, which are not here.

    Args:
        prediction: flag, sentence number and correction; which sentence it names is not looked at.
        truth: the same.

    Returns:
        0 to 1; a prediction in another form: 0.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> correction_composite('1 5 "Given heparin now."', '1 5 "Given heparin."').__round__(3)
    0.8
    >>> correction_composite("0 -1 NA", "0 -1 NA"), correction_composite("0 -1 NA", '1 5 "Given heparin."')
    (1.0, 0.0)
    """
    said, true = _compared(prediction, truth)
    if said is None or (said.correction == NOT_APPLICABLE) != (true.correction == NOT_APPLICABLE):
        return 0.0
    return 1.0 if true.correction == NOT_APPLICABLE else _rouge_1(said.correction, true.correction)


@metric(
    family="text",
    unit="set",
    undefined="in no note do both give a sentence",
    properties={"symmetric", "identity", "record order"},
)
def corrected_sentence_rouge_1(predictions: Sequence[str | None], truths: Sequence[str]) -> float:
    """Mean ROUGE-1 over the notes where both give a sentence (MEDIQA-CORR 2024, subtask C, ROUGE-1 of the subset).

    Who corrects few notes chooses what it is judged on, and the wrong sentence repeated word for word scores high: read it beside
    ``correction_composite`` and ``error_sentence_accuracy``.

    Args:
        predictions: of each note, flag, sentence number and correction, or None.
        truths: the same.

    Returns:
        0 to 1; NaN where there is no such note.

    Raises:
        ValueError: if there is not one truth a prediction, something is not a text, or a truth is in another form.

    >>> corrected_sentence_rouge_1(["1 2 Given heparin now.", "0 -1 NA"], ["1 5 Given heparin.", "1 2 Rest."]).__round__(3)
    0.8
    """
    if isinstance(predictions, str) or isinstance(truths, str) or len(predictions) != len(truths):
        raise ValueError("give one prediction and one truth a note.")
    pairs = [_compared(_said(said), true) for said, true in zip(predictions, truths, strict=True)]
    scores = [
        _rouge_1(said.correction, true.correction)
        for said, true in pairs
        if said is not None and NOT_APPLICABLE not in (said.correction, true.correction)
    ]
    return sum(scores) / len(scores) if scores else float("nan")


def _said(said: str | None) -> str:
    """The text; empty where nothing was said: None, or the NaN of a set in which nothing was said at all."""
    return "" if said is None or (isinstance(said, float) and isnan(said)) else said


def _rouge_1(said: str, true: str) -> float:
    """2·|P∩T| / (|P|+|T|) over sets of words, as the package rouge 1.0.1 counts; 0 where nothing but full stops is said."""
    words, wanted = _words(said), _words(true)
    return 2 * len(words & wanted) / (len(words) + len(wanted)) if words or wanted else 0.0


def _words(value: str) -> set[str]:
    """Sentences end at full stops, which are dropped; a decimal point counts as one too."""
    return set(value.replace(".", " ").split())
