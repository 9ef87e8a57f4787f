"""Learners that choose an option by a rule that is not trained: the highest score, or chance."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from string import ascii_uppercase

import numpy as np
from numpy.typing import ArrayLike

from vesalius.errors import UserError
from vesalius.language.association import Association
from vesalius.language.questions import question_of
from vesalius.language.retrieval import Bm25, Document
from vesalius.records import Choices, Record
from vesalius.records.places import place
from vesalius.tasks import Prediction

SEED = "seed.json"

ScoreOptions = Callable[[str, Sequence[str]], ArrayLike]
"""From a question and its options, a number for each."""


class OptionScores:
    """Chooses the option that scores highest; among equal ones the record's id decides, so that no place is preferred.

    Args:
        make: gives what scores; called when first needed.

    >>> from vesalius.records import Choices, Text
    >>> fields = {"question": Text("Which is longest?"), "options": Choices(("one", "three"))}
    >>> learner = OptionScores(lambda: lambda question, options: [len(option) for option in options])
    >>> learner.predict([Record(id="1", subject_id="1", fields=fields)])[0].value
    'B'
    """

    def __init__(self, make: Callable[[], ScoreOptions]) -> None:
        self._make = make
        self._score: ScoreOptions | None = None

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing to do."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Score the options of each question."""
        if self._score is None:
            self._score = self._make()
        score = self._score
        return [Prediction(record_id=record.id, value=self._chosen(record, score)) for record in records]

    @staticmethod
    def _chosen(record: Record, score: ScoreOptions) -> str:
        question = question_of(record, target="")
        scores_O = np.asarray(score(question.text, question.options), dtype=float)
        best = np.flatnonzero(scores_O == scores_O.max())
        return ascii_uppercase[best[int(place(record.id) * len(best))]]

    def save(self, folder: Path) -> None:
        """Nothing to write."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""


class Chance:
    """Chooses an option by the seed and the question, whatever they say.

    Args:
        seed: decides.
    """

    def __init__(self, *, seed: int) -> None:
        self._seed = seed

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing to do."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Draw for each question."""
        return [Prediction(record_id=record.id, value=self._drawn(record)) for record in records]

    def _drawn(self, record: Record) -> str:
        return ascii_uppercase[int(place(f"{self._seed} {record.id}") * len(record.get("options", Choices).options))]

    def save(self, folder: Path) -> None:
        """Write the seed."""
        (folder / SEED).write_text(json.dumps(self._seed), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the seed.

        Raises:
            UserError: if the file is missing or damaged.
        """
        try:
            self._seed = int(json.loads((folder / SEED).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{folder / SEED}: missing or damaged; give the folder of a saved learner.") from error


def by_search(corpus: Sequence[Document], *, top: int = 1) -> ScoreOptions:
    """The sum of the BM25 scores of the best documents for question and option together (Clark et al. 2016)."""
    index = Bm25(corpus)

    def score(question: str, options: Sequence[str]) -> list[float]:
        found = index.search([f"{question} {option}" for option in options], top)
        return [sum(hit.score for hit in hits) for hits in found]

    return score


def by_association(corpus: Sequence[Document]) -> ScoreOptions:
    """The mean pointwise mutual information between words of question and option (Clark et al. 2016)."""
    return Association([document.whole for document in corpus]).scores
