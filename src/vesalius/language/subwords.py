"""Pieces of words, learned from texts, for networks that are trained from nothing."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
PADDING = 0


class Subwords:
    """Lower-case pieces by byte-pair encoding (Sennrich et al. 2016), marked as BERT marks its texts (Devlin et al. 2019).

    Of the library's ways to learn pieces this is the one that finds the same each time; a piece that begins a word begins with ▁.

    >>> subwords = Subwords.trained(["joint pain", "joint swelling"], vocabulary=60)
    >>> ids = subwords.encode(["joint", "Joint pain"], 8)
    >>> ids.shape, bool(ids[0, 1] == ids[1, 1]), int(ids[0, 3])
    ((2, 4), True, 0)
    """

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer

    @classmethod
    def trained(cls, texts: Iterable[str], *, vocabulary: int) -> Self:
        """Learn so many pieces, at most, from texts; equal texts give equal pieces."""
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

        tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
        trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=list(SPECIAL), show_progress=False)
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @property
    def size(self) -> int:
        """How many pieces there are."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str], length: int, *, keep: Literal["first", "last"] = "first") -> NDArray[np.int64]:
        """Numbers of the pieces of each text between [CLS] and [SEP], cut to a length.

        Args:
            texts: what is read.
            length: most pieces of a text, with the two marks.
            keep: which stay of a text that is longer.

        Returns:
            Texts × pieces of the longest, filled up with 0.
        """
        return _filled([self._marked(one, length, keep) for one in self._pieces(texts)])

    def encode_pairs(
        self, firsts: Sequence[str], seconds: Sequence[str], length: int, *, second_length: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Two texts in one: [CLS] first [SEP] second [SEP].

        Args:
            firsts: cut to what the second leaves.
            seconds: as many.
            length: most pieces of a pair, with its marks.
            second_length: most of them that are the second's, with its mark; where it is longer its last ones stay.

        Returns:
            Pairs × pieces of the longest, filled up with 0; and of each piece, whether it is the second's.
        """
        pieces, types = [], []
        for first, second in zip(self._pieces(firsts), self._pieces(seconds), strict=True):
            behind = [*second.ids[-(second_length - 1) :], SPECIAL.index("[SEP]")]
            before = self._marked(first, length - len(behind))
            pieces.append(before + behind)
            types.append([0] * len(before) + [1] * len(behind))
        return _filled(pieces), _filled(types)

    def save(self, file: Path) -> None:
        """Write the pieces as JSON."""
        file.write_text(self._tokenizer.to_str(pretty=True), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            UserError: if the file is missing or damaged.
        """
        from tokenizers import Tokenizer

        try:
            return cls(Tokenizer.from_str(file.read_text(encoding="utf-8")))
        # the library raises plain Exception for what it can't read
        except Exception as error:
            raise UserError(f"{file}: missing or damaged; give the folder of a saved learner.") from error

    def _pieces(self, texts: Sequence[str]) -> list["Encoding"]:
        found: list[Encoding] = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return found

    @staticmethod
    def _marked(pieces: "Encoding", length: int, keep: Literal["first", "last"] = "first") -> list[int]:
        kept = pieces.ids[: length - 2] if keep == "first" else pieces.ids[-(length - 2) :]
        return [SPECIAL.index("[CLS]"), *kept, SPECIAL.index("[SEP]")]


def _filled(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    filled = np.full((len(rows), max(map(len, rows), default=0)), PADDING, dtype=np.int64)
    for row, numbers in zip(filled, rows, strict=True):
        row[: len(numbers)] = numbers
    return filled
