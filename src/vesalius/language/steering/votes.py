"""One answer out of several."""

from collections import Counter
from collections.abc import Sequence

from vesalius.language.choices import Answered


def majority(letters: Sequence[str | None]) -> str | None:
    """The letter with the most votes; None has no vote.

    Of letters with equally many, the one that was voted for first wins: with sampled chains that is chance, and with shuffled
    options no place is favoured.

    >>> majority(["C", None, "B", "B", "C"]), majority([None, None])
    ('C', None)
    """
    counts = Counter(letter for letter in letters if letter is not None)
    return max(counts, key=lambda letter: counts[letter], default=None)


def voted(ballots: Sequence[Answered], *, tokens: int, calls: int) -> Answered:
    """The majority of several answers to one question.

    Where none of them is an answer, the outcome is their most frequent one, or the first of those. The raw text is every
    ballot's, behind the letter or outcome that was read from it.

    Args:
        ballots: in the records' letters, one or more.
        tokens: spent on all.
        calls: made for all.
    """
    letter = majority([ballot.letter for ballot in ballots])
    outcome = "answered" if letter is not None else Counter(ballot.outcome for ballot in ballots).most_common(1)[0][0]
    raw = "\n\n".join(f"[{ballot.letter or ballot.outcome}] {ballot.raw}" for ballot in ballots)
    return Answered(letter=letter, outcome=outcome, raw=raw, tokens=tokens, calls=calls)
