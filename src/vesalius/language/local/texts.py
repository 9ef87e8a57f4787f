"""Prompts as tokens."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vesalius.language.backend import Prompt, is_begun, parted
from vesalius.language.local.rows import Tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def written(prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> str:
    """The text of a prompt: a conversation by the model's template or, if the model has none, its turns on lines of their own."""
    if isinstance(prompt, str):
        return prompt
    begun = is_begun(prompt)
    if tokenizer.chat_template is None:
        lines = "\n".join(message.text for message in prompt)
        return lines if begun else f"{lines}\n"
    turns = [{"role": message.role, "content": message.text} for message in prompt]
    text: str = tokenizer.apply_chat_template(
        turns, tokenize=False, add_generation_prompt=not begun, continue_final_message=begun
    )
    return text


def tokens_of(prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    """At least one token: an empty text is the token that begins or ends texts."""
    return _encoded(written(prompt, tokenizer), prompt, tokenizer) or _blank(tokenizer)


def split(prompt: Prompt, continuations: Sequence[str], tokenizer: "PreTrainedTokenizerBase") -> tuple[Tokens, list[Tokens]]:
    """A prompt's tokens and each continuation's, cut as they would stand in one text."""
    bare, space = parted(prompt)
    text = written(bare, tokenizer)
    begun = _encoded(text, prompt, tokenizer)
    cut = [_encoded(text + space + one, prompt, tokenizer)[len(begun) :] if one else () for one in continuations]
    return begun or _blank(tokenizer), cut


def seed_of(tokens: Tokens, seed: int, sample: int) -> list[int]:
    """What a sample draws from: the same wherever and with whatever else its prompt is asked."""
    digest = hashlib.sha256(repr((tokens, seed, sample)).encode()).digest()
    return [int.from_bytes(digest[:8], "big")]


def _encoded(text: str, prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    # a template writes the special tokens itself
    special = isinstance(prompt, str) or tokenizer.chat_template is None
    return tuple(tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])


def _blank(tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return (0 if token is None else int(token),)
