"""A sentence encoder that is trained on pairs of a question and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.language.subwords import Subwords
from vesalius.learners.training import History, Regime, device, load_network, new_network, save_network, train
from vesalius.nets.text import SentenceEncoder, TransformerSize, multiple_negatives_loss
from vesalius.nets.unet import count_parameters

WEIGHTS, SUBWORDS = "encoder.safetensors", "subwords.json"
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a text that answers it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRecipe:
    """How a sentence encoder is made.

    Attributes:
        regime: how it is trained; of no steps, it keeps its random weights.
        size: of the transformer.
        vocabulary: most pieces of words.
        batch: pairs a step, each the negatives of the others.
        question_length, passage_length: most pieces that are read of each.
        scale: of the cosines in the loss.
    """

    regime: Regime
    size: TransformerSize
    vocabulary: int = 8000
    batch: int = 64
    question_length: int = 32
    passage_length: int = 128
    scale: float = 20.0


class TextEncoder:
    """Word pieces and a transformer from random weights, trained by the multiple negatives ranking loss.

    The negatives of a question are the answers of the others in its batch, so no two pairs of a batch share question or answer.
    The state with the highest share of validation questions nearest to their own answer is kept.

    Args:
        recipe: how it is made.
        seed: of weights and batches.
    """

    def __init__(self, recipe: EncoderRecipe, *, seed: int) -> None:
        self._recipe, self._seed = recipe, seed
        self._subwords: Subwords | None = None
        self._network: SentenceEncoder | None = None
        self.history = History()

    @property
    def trained_parameters(self) -> int:
        """Of the network; 0 before it is made, or where it keeps its random weights."""
        if self._network is None or not self._recipe.regime.steps:
            return 0
        return count_parameters(self._network)

    def fit(self, train_pairs: Sequence[Pair], validation: Sequence[Pair]) -> None:
        """Learn pieces of words and weights.

        Raises:
            UserError: if there are fewer than two pairs whose questions and answers differ.
        """
        distinct = _distinct(range(len(train_pairs)), train_pairs, len(train_pairs))
        if len(distinct) < 2:
            raise UserError("training records: fewer than two different questions with different answers; give more.")
        texts = [text for pair in train_pairs for text in (pair.question, _beginning(pair.answer, self._recipe.passage_length))]
        self._subwords = Subwords.trained(texts, vocabulary=self._recipe.vocabulary)
        network = self._network = self._new(self._subwords)
        if self._recipe.regime.steps:
            self.history = self._train(network, train_pairs, validation)

    def embed_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, questions × width."""
        return self._embed(questions, self._recipe.question_length)

    def embed_passages(self, passages: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, passages × width."""
        return self._embed(passages, self._recipe.passage_length)

    def save(self, folder: Path) -> None:
        """Write pieces and weights."""
        subwords, network = self._made()
        subwords.save(folder / SUBWORDS)
        save_network(network, folder / WEIGHTS)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing, damaged or of another recipe.
        """
        self._subwords = Subwords.load(folder / SUBWORDS)
        self._network = self._new(self._subwords)
        load_network(self._network, folder / WEIGHTS)

    def _new(self, subwords: Subwords) -> SentenceEncoder:
        return new_network(lambda: SentenceEncoder(subwords.size, self._recipe.size), self._seed).eval()

    def _made(self) -> tuple[Subwords, SentenceEncoder]:
        if self._subwords is None or self._network is None:
            raise UserError("the encoder knows no words yet; fit the learner or load it first.")
        return self._subwords, self._network

    def _train(self, network: nn.Module, pairs: Sequence[Pair], validation: Sequence[Pair]) -> History:
        subwords, recipe = self._made()[0], self._recipe

        def draw(random: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            chosen = [pairs[index] for index in _distinct(random.permutation(len(pairs)), pairs, recipe.batch)]
            return (
                subwords.encode([pair.question for pair in chosen], recipe.question_length),
                subwords.encode([pair.answer for pair in chosen], recipe.passage_length),
            )

        def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
            return multiple_negatives_loss(model(batch[0]), model(batch[1]), recipe.scale)

        def score(_: nn.Module) -> float:
            questions_QE = self.embed_questions([pair.question for pair in validation])
            answers_QE = self.embed_passages([pair.answer for pair in validation])
            return float(np.mean((questions_QE @ answers_QE.T).argmax(1) == np.arange(len(validation))))

        return train(
            network,
            loss=loss,
            draw=draw,
            regime=recipe.regime,
            seed=self._seed,
            score=score if validation else None,
            name="sentence encoder",
        )

    def _embed(self, texts: Sequence[str], length: int) -> NDArray[np.float32]:
        """Texts of about one length go together, so that little is filled up."""
        subwords, network = self._made()
        vectors_TE = np.zeros((len(texts), self._recipe.size.width), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                places = order[start : start + _BATCH]
                ids_BL = torch.from_numpy(subwords.encode([texts[place] for place in places], length)).to(device())
                vectors_TE[places] = network(ids_BL).float().cpu().numpy()
        return vectors_TE


def _distinct(order: Sequence[int] | NDArray[np.int64] | range, pairs: Sequence[Pair], count: int) -> list[int]:
    """The first so many, leaving out those whose question or answer an earlier one has."""
    chosen: list[int] = []
    questions: set[str] = set()
    answers: set[str] = set()
    for index in order:
        pair = pairs[index]
        if pair.question in questions or pair.answer in answers:
            continue
        chosen.append(int(index))
        questions.add(pair.question)
        answers.add(pair.answer)
        if len(chosen) == count:
            break
    return chosen


def _beginning(text: str, words: int) -> str:
    """What the encoder may see of a text; a piece is never more than a word."""
    return " ".join(text.split()[:words])
