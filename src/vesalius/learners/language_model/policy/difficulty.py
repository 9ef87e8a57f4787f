"""Which questions to practise on, by how often the model that is to be trained is right before it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from torch import nn

from vesalius.language.choices import NEXT_QUESTION, Protocol, prompt_of
from vesalius.language.questions import Question, question_of
from vesalius.learners.language_model.networks import weights_digest
from vesalius.learners.language_model.policy.rewards import right_option
from vesalius.learners.language_model.policy.rollouts import roll_out
from vesalius.records import Record
from vesalius.remembered import Remembered

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Band = Literal["easy", "medium", "hard"]
"""At most a fifth of the samples wrong; more; at most a fifth right (levels 1-2, 3-4 and 5-6 of Liu et al. 2025)."""

BANDS: tuple[Band, ...] = get_args(Band)
_AT_ONCE = 16
_shares: Remembered[list[float]] = Remembered(4)


def right_shares(
    network: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    questions: Sequence[Question],
    *,
    protocol: Protocol,
    samples: int,
    max_tokens: int,
    seed: int,
) -> list[float]:
    """Share of a model's samples that are right, of each question.

    Args:
        network: a causal language model.
        tokenizer: of it.
        questions: with their answers.
        protocol: how it is asked.
        samples: of each question.
        max_tokens: of a sample.
        seed: of the samples.
    """
    shares = []
    for start in range(0, len(questions), _AT_ONCE):
        some = questions[start : start + _AT_ONCE]
        prompts = [prompt_of(question, protocol, (), chat=False) for question in some]
        texts = roll_out(
            network, tokenizer, prompts, samples=samples, max_tokens=max_tokens, seed=seed + start, stop=NEXT_QUESTION
        ).texts
        for place, question in enumerate(some):
            own = texts[place * samples : (place + 1) * samples]
            shares.append(float(np.mean([right_option(question, text) for text in own])))
    return shares


def band_of(share: float) -> Band:
    """The band of a question whose samples are right so often.

    >>> [band_of(right / 5) for right in range(6)]
    ['hard', 'hard', 'medium', 'medium', 'easy', 'easy']
    """
    return "hard" if share <= 0.2 else "easy" if share >= 0.8 else "medium"


def outside(share: float, band: Band) -> float:
    """How far from a band the share of right samples is; 0 within it and at its bounds.

    >>> [outside(0.6, band) > 0 for band in BANDS], outside(0.0, "medium")
    ([True, False, True], 0.2)
    """
    match band:
        case "easy":
            return max(0.0, 0.8 - share)
        case "medium":
            return max(0.0, 0.2 - share, share - 0.8)
        case "hard":
            return max(0.0, share - 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDifficulty:
    """Takes so many training records of some bands, in equal parts as far as there are enough.

    Attributes:
        bands: which.
        count: how many, at most.
        samples: of each record's question, by which it is put into its band.
        max_tokens: of a sample.
        protocol: how the model is asked.
    """

    bands: tuple[Band, ...]
    count: int
    samples: int
    max_tokens: int
    protocol: Protocol = "chain of thought"

    def __call__(
        self, network: nn.Module, tokenizer: "PreTrainedTokenizerBase", records: Sequence[Record], seed: int
    ) -> list[Record]:
        """The records, those of a band in the order in which they came; where none is of the bands, those that come nearest.

        Arms that take other bands or fewer records are told by the same samples.
        """
        questions = [question_of(record) for record in records]
        key = (weights_digest(network), tuple(questions), self.protocol, self.samples, self.max_tokens, seed)
        shares = _shares.get(key, lambda: self._shares_of(network, tokenizer, questions, seed))
        found = [band_of(share) for share in shares]
        places = in_turns([[place for place, band in enumerate(found) if band == wanted] for wanted in self.bands], self.count)
        return [records[place] for place in places or self._nearest(shares)]

    def _nearest(self, shares: Sequence[float]) -> list[int]:
        apart = [min(outside(share, band) for band in self.bands) for share in shares]
        return sorted(sorted(range(len(shares)), key=lambda place: apart[place])[: self.count])

    def _shares_of(
        self, network: nn.Module, tokenizer: "PreTrainedTokenizerBase", questions: Sequence[Question], seed: int
    ) -> list[float]:
        return right_shares(
            network,
            tokenizer,
            questions,
            protocol=self.protocol,
            samples=self.samples,
            max_tokens=self.max_tokens,
            seed=seed,
        )


def in_turns(groups: Sequence[Sequence[int]], count: int) -> list[int]:
    """One of each group in turn until there are enough; a group that is empty is passed over.

    >>> in_turns([[1, 2, 3], [4], [5, 6]], 5)
    [1, 4, 5, 2, 6]
    """
    longest = max(map(len, groups), default=0)
    turns = [group[turn] for turn in range(longest) for group in groups if turn < len(group)]
    return turns[:count]
