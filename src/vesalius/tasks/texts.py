"""Tasks on texts: choosing among options, and writing an answer."""

from collections.abc import Sequence

from vesalius.metrics import METRICS
from vesalius.records import Record
from vesalius.tasks.task import Measure, Source, Split, Task

CHOICE_MARGIN = 0.05
"""Five questions in a hundred: what asking again does is no difference between systems.

Ten models were asked the same hundred hard questions of three data sets of MedAgentsBench twice under zero-shot; their accuracy
changed by 2 points on average and by 5 at most.
"""

WRITING_MARGIN = 0.02
"""Two hundredths of a share of words that two texts have in common."""


def by_release(records: Sequence[Record]) -> Split:
    """The split that the release makes, which records name in their tag ``split``: ``train``, ``validation`` or ``test``.

    >>> records = [Record(id=split, subject_id=split, fields={}, tags={"split": split}) for split in ("test", "train")]
    >>> len(by_release(records).train), len(by_release(records).validation), len(by_release(records).test)
    (1, 0, 1)
    """
    train, validation, test = (
        [record for record in records if record.tags["split"] == split] for split in ("train", "validation", "test")
    )
    return Split(train, validation, test)


def choices_task(
    source: Source, *, context: bool = False, several: bool = False, margin: float = CHOICE_MARGIN, note: str = ""
) -> Task:
    """Which of its options answers a question.

    Args:
        source: of records with ``question``, ``options``, ``answer`` and the tag ``split``.
        context: whether the field ``context`` may be read too, such as an abstract.
        several: whether several options may be right; the answer is then their letters in alphabetical order with commas between
            them, all of which ``accuracy`` wants, while ``hamming_score`` gives part of the credit.
        margin: difference below which two systems count as equal.
        note: what a reader must know to judge the task.
    """
    metrics = ("accuracy", "hamming_score") if several else ("accuracy",)
    return Task(
        name=f"{source.name}-with-context" if context else source.name,
        family="choices",
        source=source,
        inputs=("question", "options", "context") if context else ("question", "options"),
        target="answer",
        split=by_release,
        measures=tuple(Measure(METRICS[name], margin=margin) for name in metrics),
        note=note,
    )


def writing_task(
    source: Source,
    *,
    inputs: tuple[str, ...],
    target: str,
    metrics: tuple[str, ...] = ("rouge_l", "rouge_1"),
    margin: float = WRITING_MARGIN,
    note: str = "",
) -> Task:
    """A text to be written, such as the note of a dialogue.

    Args:
        source: of records with these fields and the tag ``split``.
        inputs: fields that may be read.
        target: the field to write.
        metrics: of a text against the one of the release; ROUGE knows Latin letters without accents only.
        margin: difference below which two systems count as equal.
        note: what a reader must know to judge the task.
    """
    return Task(
        name=source.name,
        family="writing",
        source=source,
        inputs=inputs,
        target=target,
        split=by_release,
        measures=tuple(Measure(METRICS[name], margin=margin) for name in metrics),
        note=note,
    )
