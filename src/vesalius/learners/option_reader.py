"""A learner that retrieves a context for each option of a question, and is trained to read which option it bears out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError
from vesalius.language.questions import Question, question_of
from vesalius.language.retrieval import Document, Index
from vesalius.language.subwords import Subwords
from vesalius.learners.training import (
    History,
    Regime,
    device,
    load_network,
    new_network,
    save_histories,
    save_network,
    train,
)
from vesalius.nets.text import MaxOutReader, PairReader, TransformerSize
from vesalius.nets.unet import count_parameters
from vesalius.records import Record
from vesalius.tasks import Prediction

WEIGHTS, SUBWORDS = "reader.safetensors", "subwords.json"
_BATCH = 16

Rows = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Of options that stand one below another, what the network takes: numbers of word pieces, twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRecipe:
    """How a reader is made.

    Attributes:
        kind: a recurrent network with maxima, or a transformer.
        regime: how it is trained.
        size: of the transformer; the recurrent network has its width.
        vocabulary: most pieces of words.
        batch: questions a step.
        passages: that are retrieved for an option; 0 reads none.
        context_length, asked_length: most pieces that are read of the passages, and of question with option.
    """

    kind: Literal["max-out", "transformer"]
    regime: Regime
    size: TransformerSize
    vocabulary: int = 8000
    batch: int = 16
    passages: int = 2
    context_length: int = 96
    asked_length: int = 48


class OptionReader:
    """A retriever and a reader (Chen et al. 2017; Jin et al. 2021).

    The query is the question with the option; what is found is the context in which a network scores the option. The scores of a
    question's options are trained by cross-entropy. The state with the highest share of right validation answers is kept.

    Args:
        corpus: gives what is searched; called when first needed.
        index: makes the index.
        recipe: of the reader.
        seed: of weights and batches.
    """

    def __init__(
        self,
        corpus: Callable[[], Sequence[Document]],
        index: Callable[[Sequence[Document]], Index],
        recipe: ReaderRecipe,
        *,
        seed: int,
    ) -> None:
        self._corpus, self._make, self._recipe, self._seed = corpus, index, recipe, seed
        self._index: Index | None = None
        self._subwords: Subwords | None = None
        self._network: nn.Module | None = None
        self.history = History()

    @property
    def trained_parameters(self) -> int:
        """Of the network; 0 before it is made."""
        return 0 if self._network is None else count_parameters(self._network)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn pieces of words and weights.

        Raises:
            UserError: if there are no training records, or one lacks its answer.
        """
        questions, held = ([question_of(record) for record in records] for records in (train, validation))
        if not questions or any(question.answer is None for question in (*questions, *held)):
            raise UserError("training records: none, or one lacks the field 'answer'; a reader is trained on answered questions.")
        asked = [text for question in questions for text in (question.text, *question.options)]
        self._subwords = Subwords.trained(
            [*asked, *(document.whole for document in self._corpus())], vocabulary=self._recipe.vocabulary
        )
        network = self._network = self._new(self._subwords)
        self.history = self._train(network, questions, held)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Retrieve, read, and choose.

        Raises:
            UserError: if the learner was neither fitted nor loaded.
        """
        answers = self._answers([question_of(record, target="") for record in records])
        return [
            Prediction(record_id=record.id, value=ascii_uppercase[answer])
            for record, answer in zip(records, answers, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write pieces, weights and curves; the corpus is not the learner's."""
        subwords, network = self._made()
        subwords.save(folder / SUBWORDS)
        save_network(network, folder / WEIGHTS)
        save_histories({"training": self.history}, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing, damaged or of another recipe.
        """
        self._subwords = Subwords.load(folder / SUBWORDS)
        self._network = self._new(self._subwords)
        load_network(self._network, folder / WEIGHTS)

    def contexts(self, questions: Sequence[Question]) -> list[list[str]]:
        """Of each question and option, the passages that are read, the best first."""
        if not self._recipe.passages:
            return [[""] * len(question.options) for question in questions]
        if self._index is None:
            self._index = self._make(self._corpus())
        index = self._index
        queries = [f"{question.text} {option}" for question in questions for option in question.options]
        found = iter(index.search(queries, self._recipe.passages))
        return [["\n".join(hit.document.whole for hit in next(found)) for _ in question.options] for question in questions]

    def _new(self, subwords: Subwords) -> nn.Module:
        recipe = self._recipe

        def make() -> nn.Module:
            if recipe.kind == "max-out":
                return MaxOutReader(subwords.size, recipe.size.width)
            return PairReader(subwords.size, recipe.size)

        return new_network(make, self._seed).eval()

    def _made(self) -> tuple[Subwords, nn.Module]:
        if self._subwords is None or self._network is None:
            raise UserError("the reader knows no words yet; fit the learner or load it first.")
        return self._subwords, self._network

    def _train(self, network: nn.Module, questions: Sequence[Question], held: Sequence[Question]) -> History:
        recipe = self._recipe
        contexts, held_contexts = self.contexts(questions), self.contexts(held)

        def draw(random: np.random.Generator) -> tuple[Rows, NDArray[np.int64], NDArray[np.int64]]:
            chosen = random.choice(len(questions), min(recipe.batch, len(questions)), replace=False)
            batch = [questions[index] for index in chosen]
            answers = np.array([question.answer for question in batch], np.int64)
            return self._rows(batch, [contexts[index] for index in chosen]), _places(batch), answers

        def loss(model: nn.Module, batch: tuple[tuple[Tensor, Tensor], Tensor, Tensor]) -> Tensor:
            rows, places_R2, answers_B = batch
            return functional.cross_entropy(_by_question(model(*rows), places_R2), answers_B)

        def score(_: nn.Module) -> float:
            said = self._answers(held, held_contexts)
            return float(np.mean([answer == question.answer for answer, question in zip(said, held, strict=True)]))

        return train(
            network,
            loss=loss,
            draw=draw,
            regime=recipe.regime,
            seed=self._seed,
            score=score if held else None,
            name=f"{recipe.kind} reader",
        )

    def _answers(self, questions: Sequence[Question], contexts: Sequence[Sequence[str]] | None = None) -> list[int]:
        network = self._made()[1]
        read = self.contexts(questions) if contexts is None else contexts
        answers: list[int] = []
        with torch.inference_mode():
            for start in range(0, len(questions), _BATCH):
                batch = questions[start : start + _BATCH]
                rows = [torch.from_numpy(row).to(device()) for row in self._rows(batch, read[start : start + _BATCH])]
                scores_BO = _by_question(network(*rows), torch.from_numpy(_places(batch)).to(device()))
                answers += cast(list[int], scores_BO.argmax(1).tolist())
        return answers

    def _rows(self, questions: Sequence[Question], contexts: Sequence[Sequence[str]]) -> Rows:
        subwords, recipe = self._made()[0], self._recipe
        read = [context for one in contexts for context in one]
        asked = [f"{question.text} {option}" for question in questions for option in question.options]
        if recipe.kind == "max-out":
            return subwords.encode(read, recipe.context_length), subwords.encode(asked, recipe.asked_length, keep="last")
        length = recipe.context_length + recipe.asked_length
        return subwords.encode_pairs(read, asked, length, second_length=recipe.asked_length)


def _places(questions: Sequence[Question]) -> NDArray[np.int64]:
    """Of each row, its question in the batch and its option."""
    places = [(number, option) for number, question in enumerate(questions) for option in range(len(question.options))]
    return np.array(places, np.int64)


def _by_question(scores_R: Tensor, places_R2: Tensor) -> Tensor:
    """Questions × options; an option that a question does not have can't be chosen."""
    questions, options = (int(largest) + 1 for largest in places_R2.amax(0))
    scores_BO = scores_R.new_full((questions, options), -torch.inf)
    return scores_BO.index_put((places_R2[:, 0], places_R2[:, 1]), scores_R)
