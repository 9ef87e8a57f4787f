"""Batches of lessons and drills, as tokens with weights."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.base_models.drills import DRILLS, Drill, letters
from vesalius.learners.base_models.lessons import Lesson, lessons
from vesalius.learners.base_models.vocabulary import LONGEST
from vesalius.learners.language_model.examples import IGNORED, Example, example_rows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Batch = Sequence[Mapping[str, Any]]
"""Parts, each of texts of about equal length, so that little is padding: tokens and weights, texts × length.

Every step has some of each part: what is learnt from one part alone is lost again in the next, and looking things up is then not
learnt at all. The weights of a batch add up to 1; in a part, every text has the same, spread over what is said in it, so that a
letter counts as much as a page.
"""

_DRILLED = 0.2
"""Weight of the drills among the lessons."""

_LETTERED = 0.3
"""Weight of the drills of letters at the end, which are learnt last."""

_LETTERS = 16
"""Of these drills in a batch at the end."""

_COUNTS = {"short": 14, "long": 10, "reading": 5, "reading, several steps, chain of thought": 2}
"""Lessons in a batch, by about how long they are."""

_LONG = ("check", "step", "search", "remark", "wait", "several steps, chain of thought")


class Batches:
    """Draws the batches of a base model's training."""

    def __init__(self, tokenizer: "PreTrainedTokenizerFast") -> None:
        self._tokenizer = tokenizer
        self._groups: dict[str, list[tuple[float, Lesson]]] = {group: [] for group in _COUNTS}
        self._marks = [*tokenizer.convert_tokens_to_ids([".", ","]), tokenizer.eos_token_id]
        self._full_stop = tokenizer.convert_tokens_to_ids(".")
        for name, (share, lesson) in lessons().items():
            self._groups[_group(name)].append((share, lesson))

    def drills(self, random: np.random.Generator) -> Batch:
        """Drills of every kind, each of one size."""
        return [self._drilled(name, random, practice.share) for name, practice in DRILLS.items()]

    def lessons(self, random: np.random.Generator) -> Batch:
        """Lessons of every group, and drills of one kind."""
        shares = [practice.share for practice in DRILLS.values()]
        drilled = str(random.choice(list(DRILLS), p=shares))
        return [*(self._taught(group, random) for group in _COUNTS), self._drilled(drilled, random, _DRILLED)]

    def closing(self, random: np.random.Generator) -> Batch:
        """The same, the last word of each lesson's answer with half of its weight."""
        *taught, drilled = self.lessons(random)
        for part in taught:
            self._close(part)
        return [*taught, drilled]

    def finishing(self, random: np.random.Generator) -> Batch:
        """As closing, with drills of letters beside those of one kind."""
        *taught, drilled = self.closing(random)
        lettered = self._part([letters(random) for _ in range(_LETTERS)], _LETTERED)
        for part in (*taught, drilled):
            part["weights"][:] *= 1 - _LETTERED
        return [*taught, drilled, lettered]

    def _close(self, part: Mapping[str, Any]) -> None:
        for tokens_L, weights_L in zip(part["tokens"], part["weights"], strict=True):
            said = np.flatnonzero((weights_L > 0) & ~np.isin(tokens_L, self._marks))
            whole = weights_L.sum()
            weights_L /= 2
            weights_L[said[-1]] += whole / 2

    def _taught(self, group: str, random: np.random.Generator) -> Mapping[str, Any]:
        kinds = self._groups[group]
        shares = np.array([share for share, _ in kinds])
        chosen = random.choice(len(kinds), _COUNTS[group], p=shares / shares.sum())
        return self._part([kinds[place][1](random) for place in chosen], shares.sum() * (1 - _DRILLED))

    def _drilled(self, name: str, random: np.random.Generator, share: float) -> Mapping[str, Any]:
        practice = DRILLS[name]
        size = int(random.integers(len(practice.counts)))
        return self._part([practice.drill(random, size + 1) for _ in range(practice.counts[size])], share)

    def _part(self, examples: Sequence[Example], share: float) -> Mapping[str, Any]:
        rows = example_rows(examples, self._tokenizer, LONGEST)
        length = max(len(row["input_ids"]) for row in rows)
        tokens_BL = np.full((len(rows), length), self._tokenizer.pad_token_id)
        weights_BL = np.zeros((len(rows), length), dtype=np.float32)
        for place, (example, row) in enumerate(zip(examples, rows, strict=True)):
            tokens_L = np.array(row["input_ids"])
            said = np.array(row["labels"]) != IGNORED
            if isinstance(example, Drill):
                said &= self._in_drill(tokens_L, example)
            tokens_BL[place, : len(tokens_L)] = tokens_L
            weights_BL[place, : len(tokens_L)] = share * said / said.sum() / len(rows)
        return {"tokens": tokens_BL, "weights": weights_BL}

    def _in_drill(self, tokens_L: NDArray[np.int64], drill: Drill) -> NDArray[np.bool_]:
        """The words that are learnt; nothing tells with which a sentence will begin."""
        begins = np.concatenate([[True], tokens_L[:-1] == self._full_stop])
        learnt_L: NDArray[np.bool_] = np.isin(tokens_L, self._tokenizer.convert_tokens_to_ids(sorted(drill.learnt))) & ~begins
        return learnt_L


def _group(name: str) -> str:
    if name in _COUNTS:
        return name
    if name.startswith("reading") or name == "examples":
        return "reading"
    return "long" if name in _LONG else "short"
