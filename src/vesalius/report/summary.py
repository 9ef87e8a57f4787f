"""What a page says before its figures: failed gates, and verdicts counted."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vesalius.report.reading import FinishedRun
from vesalius.statistics import Verdict
from vesalius.statistics.verdicts import VERDICTS
from vesalius.trials.finding import Comparison, Gate
from vesalius.trials.sentence import comparison_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedGate:
    """A gate that failed, and on which tasks."""

    name: str
    gates: Sequence[Gate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A learner against a baseline over all tasks of a question that have both."""

    learner: str
    baseline: str
    comparisons: Sequence[Comparison]
    counts: Mapping[Verdict, int]


def failed_gates(run: FinishedRun) -> list[FailedGate]:
    """The gates that failed, each with its tasks."""
    failed = [gate for gate in run.finding.gates if gate.outcome == "failed"]
    names = dict.fromkeys(gate.name for gate in failed)
    return [FailedGate(name=name, gates=[gate for gate in failed if gate.name == name]) for name in names]


def sentences(run: FinishedRun) -> list[str]:
    """The verdict, taken apart: a sentence for each comparison where it has one for each, else one for each question."""
    parts = [comparison_sentence(comparison) for comparison in run.primary]
    return parts if " ".join(parts) == run.finding.verdict else re.split(r"(?<= undecided\.) ", run.finding.verdict)


def counts(comparisons: Sequence[Comparison]) -> dict[Verdict, int]:
    """How many comparisons came to each verdict, every verdict present.

    >>> counts([])
    {'better': 0, 'worse': 0, 'tied': 0, 'undecided': 0}
    """
    found = Counter(comparison.verdict for comparison in comparisons)
    return {verdict: found[verdict] for verdict in VERDICTS}


def pairs(run: FinishedRun) -> dict[str, list[Pair]]:
    """Of each question: every learner with every baseline, and their primary comparisons in the order of the tasks."""
    questions = dict.fromkeys(comparison.question for comparison in run.primary)
    return {question: _pairs([one for one in run.primary if one.question == question]) for question in questions}


def _pairs(comparisons: Sequence[Comparison]) -> list[Pair]:
    found: dict[tuple[str, str], list[Comparison]] = {}
    for comparison in comparisons:
        found.setdefault((comparison.learner, comparison.baseline), []).append(comparison)
    return [
        Pair(learner=learner, baseline=baseline, comparisons=compared, counts=counts(compared))
        for (learner, baseline), compared in found.items()
    ]
