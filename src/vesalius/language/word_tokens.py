"""A tokenizer of whole words, for a controlled language in which each name is one word."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END, UNKNOWN, PADDING = "<end>", "<unknown>", "<padding>"

_WORD = r"\n|[\w-]+|[^\w\s]"
"""A line break, a word with its hyphens, or a mark."""

_NO_SPACE_BEFORE = ".,?:;!)"
_LONGEST = 1024


def word_tokenizer(words: Iterable[str], longest: int = _LONGEST) -> "PreTrainedTokenizerFast":
    r"""A tokenizer that knows these words, marks and line breaks; anything else is one unknown token.

    Text comes back as it was, as far as marks stand behind a word without a space and words are parted by one space.

    Args:
        words: to be known; equal ones count once.
        longest: tokens of the longest text that the model takes.

    >>> tokenizer = word_tokenizer(["Gout", "hurts", "?", "Yes", ".", "\n"])
    >>> tokenizer.decode(tokenizer("Gout hurts?\nYes.")["input_ids"])
    'Gout hurts?\nYes.'
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: place for place, word in enumerate(dict.fromkeys((PADDING, UNKNOWN, END, *words)))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.WordPiece(prefix="##", cleanup=False),
            decoders.Fuse(),
            decoders.Replace(Regex(rf" (?=[{_NO_SPACE_BEFORE}\n])"), ""),
            decoders.Replace(Regex(r"(?<=\n) "), ""),
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PADDING,
        eos_token=END,
        model_max_length=longest,
        clean_up_tokenization_spaces=False,
        padding_side="right",
    )


def words_of(text: str) -> list[str]:
    """The words, marks and line breaks of a text, as the tokenizer cuts it.

    >>> words_of("A. short-neck, 3")
    ['A', '.', 'short-neck', ',', '3']
    """
    return re.findall(_WORD, text)
