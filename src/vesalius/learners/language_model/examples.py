"""What a language model is trained on: prompts with their answers, and texts in blocks, as tokens with labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from vesalius.errors import UserError
from vesalius.language.backend import Prompt, parted
from vesalius.language.choices import Protocol, prompt_of, right_answer
from vesalius.language.questions import question_of
from vesalius.records import Record

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that is read but not learnt."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the answer that is learnt, without the space between them.

    Attributes:
        prompt: what is asked; of an empty one, the answer is a text of its own.
        answer: what is to be said then; the text ends behind it.
    """

    prompt: Prompt
    answer: str


class Row(TypedDict):
    """One text as the trainer takes it: its tokens, and for each the label, ``IGNORED`` where nothing is learnt."""

    input_ids: list[int]
    labels: list[int]


def choice_examples(
    records: Sequence[Record], protocol: Protocol, *, target: str = "answer", chat: bool = False
) -> list[Example]:
    """Multiple-choice records as the protocol asks and answers them, so that what is learnt is what is asked later.

    Args:
        records: with ``question``, ``options`` and the target; by ``chain of thought`` the field ``explanation`` is learnt too.
        protocol: of ``vesalius.language.choices``.
        target: field of the right letter.
        chat: ask as a conversation.

    Raises:
        UserError: if a record lacks its target.

    >>> from vesalius.records import Choices, Text
    >>> fields = {"question": Text("Which thins blood?"), "options": Choices(("aloe", "heparin")), "answer": Text("B")}
    >>> choice_examples([Record(id="1", subject_id="1", fields=fields)], "letter")[0].answer
    'B'
    """
    questions = [question_of(record, target) for record in records]
    lacking = next((question.id for question in questions if question.answer is None), None)
    if lacking is not None:
        raise UserError(f"record {lacking}: lacks the field {target!r}; training needs the answers.")
    return [Example(prompt_of(one, protocol, (), chat=chat), right_answer(one, protocol)) for one in questions]


def example_rows(examples: Sequence[Example], tokenizer: "PreTrainedTokenizerBase", longest: int) -> list[Row]:
    """Examples as tokens, cut as the backends cut them, with the end-of-text token behind each answer; the prompt is ignored.

    Args:
        examples: what is learnt.
        tokenizer: of the model.
        longest: tokens of the longest text that the model takes.

    Raises:
        UserError: if an example is longer.
    """
    rows = []
    for place, example in enumerate(examples):
        asked, said = _cut(example, tokenizer)
        if len(asked) + len(said) > longest:
            raise UserError(
                f"training example {place + 1}: {len(asked) + len(said)} tokens, where the model takes {longest}; shorten it."
            )
        rows.append(Row(input_ids=asked + said, labels=[IGNORED] * len(asked) + said))
    return rows


def text_rows(texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", length: int, seed: int) -> list[Row]:
    """Texts in an order of the seed, each ended by the end-of-text token, one behind the other in blocks of equal length.

    What is left behind the last whole block is not learnt, unless there is none.

    Args:
        texts: what is learnt, all of it.
        tokenizer: of the model.
        length: tokens of a block.
        seed: of the order.

    Raises:
        UserError: if there is no text.
    """
    order = np.random.default_rng(seed).permutation(len(texts))
    tokens = [token for place in order for token in _ended(list(tokenizer(texts[place], verbose=False)["input_ids"]), tokenizer)]
    if not tokens:
        raise UserError("training texts: none; give at least one.")
    whole = max(len(tokens) // length, 1)
    blocks = [tokens[block * length : (block + 1) * length] for block in range(whole)]
    return [Row(input_ids=block, labels=list(block)) for block in blocks]


def _cut(example: Example, tokenizer: "PreTrainedTokenizerBase") -> tuple[list[int], list[int]]:
    from vesalius.language.local.texts import split

    # behind a text stands a space, which a conversation's turn does not have; one that is there already is enough
    begin = " " if isinstance(example.prompt, str) and example.prompt and not parted(example.prompt)[1] else ""
    asked, (said,) = split(example.prompt, [begin + example.answer], tokenizer)
    return list(asked), _ended(list(said), tokenizer)


def _ended(tokens: list[int], tokenizer: "PreTrainedTokenizerBase") -> list[int]:
    end = tokenizer.eos_token_id
    return tokens if end is None or tokens[-1:] == [end] else [*tokens, int(end)]
