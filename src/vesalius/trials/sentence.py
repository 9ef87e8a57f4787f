"""The verdict in words."""

from collections import Counter
from collections.abc import Sequence

from vesalius.statistics.verdicts import VERDICTS, Verdict
from vesalius.trials.finding import Comparison

_PHRASES: dict[Verdict, str] = {
    "better": "is better than",
    "worse": "is worse than",
    "tied": "is tied with",
    "undecided": "is not shown to differ from",
}
_FEW = 4

ONE_TRAINING = "one training of each arm, which decides nothing; give more seeds"
"""Why a verdict is held back where something was trained with one seed only."""


def verdict_sentence(comparisons: Sequence[Comparison]) -> str:
    """What the primary comparisons show: one clause each, or counts where they are many."""
    primary = [comparison for comparison in comparisons if comparison.primary]
    if not primary:
        return "Nothing was compared."
    if len(primary) > _FEW:
        questions = dict.fromkeys(comparison.question for comparison in primary)
        return " ".join(_counted(question, [one for one in primary if one.question == question]) for question in questions)
    return " ".join(comparison_sentence(comparison) for comparison in primary)


def _counted(question: str, comparisons: Sequence[Comparison]) -> str:
    counts = Counter(comparison.verdict for comparison in comparisons)
    shown = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    return f"{question or 'Learner against baseline'}: of {len(comparisons)} comparisons, {shown}."


def comparison_sentence(comparison: Comparison) -> str:
    """One comparison in a sentence, with its interval, corrected p and, where undecided, what could have been seen."""
    difference = comparison.difference
    head = f"{comparison.learner} {_PHRASES[comparison.verdict]} {comparison.baseline} on {comparison.task}"
    if difference.value != difference.value:
        return f"{head}: {comparison.metric} is undefined here."
    body = (
        f"{comparison.metric.partition('@')[0]} {difference.value:+.3f} "
        f"({difference.level:.0%} interval {difference.low:+.3f} to {difference.high:+.3f}; {_p(comparison)})"
    )
    tail = ""
    if ONE_TRAINING in difference.method:
        tail = f"; {ONE_TRAINING}"
    elif comparison.verdict == "undecided":
        detectable = difference.smallest_detectable
        known = detectable == detectable
        tail = f"; a difference of {detectable:.3f} could have been shown" if known else "; no difference could have been shown"
    return f"{head}: {body}{tail}."


def _p(comparison: Comparison) -> str:
    name, p = "p", comparison.p_adjusted
    if comparison.verdict == "tied":
        name, p = f"equivalent within ±{comparison.difference.margin:g}, p", comparison.p_equivalence_adjusted
    return f"{name} < 0.001" if p < 0.001 else f"{name} = {p:.3f}"
