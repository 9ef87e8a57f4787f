"""Prompts as tokens."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vesalius.errors import UserError
from vesalius.language.backend import Message, Prompt, is_begun, parted
from vesalius.language.local.rows import Tokens, common

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def written(prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> str:
    """The text of a prompt: a conversation by the model's template or, if the model has none, its turns on lines of their own.

    Where a template takes no system turn, as Gemma 2's, the user says what it says.

    Raises:
        UserError: if the template refuses the conversation.
    """
    from jinja2 import TemplateError

    if isinstance(prompt, str):
        return prompt
    if tokenizer.chat_template is None:
        lines = "\n".join(message.text for message in prompt)
        return lines if is_begun(prompt) else f"{lines}\n"
    try:
        return _by_template(prompt, tokenizer)
    except TemplateError as error:
        system, *others = prompt
        if system.role != "system" or not others or others[0].role != "user":
            raise UserError(f"chat template: {error}; ask this model without --chat, or with other turns.") from error
        user = Message("user", f"{system.text}\n\n{others[0].text}")
        return written((user, *others[1:]), tokenizer)


def _by_template(prompt: tuple[Message, ...], tokenizer: "PreTrainedTokenizerBase") -> str:
    begun = is_begun(prompt)
    turns = [{"role": message.role, "content": message.text} for message in prompt]
    text: str = tokenizer.apply_chat_template(
        turns, tokenize=False, add_generation_prompt=not begun, continue_final_message=begun
    )
    return text


def tokens_of(prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    """Of a whole text, at least one token: an empty text is the token that begins or ends texts."""
    return _encoded(written(prompt, tokenizer), prompt, tokenizer) or _blank(tokenizer)


def begun_tokens(prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    """Of a text that is to be continued: without what the tokenizer adds behind a whole one, such as the token that ends it."""
    return _begun(written(prompt, tokenizer), prompt, tokenizer, _added(tokenizer)) or _blank(tokenizer)


def split(prompt: Prompt, continuations: Sequence[str], tokenizer: "PreTrainedTokenizerBase") -> tuple[Tokens, list[Tokens]]:
    """A prompt's tokens and each continuation's, cut as they would stand in one text.

    Where a continuation joins the prompt's last token, that token is the continuations'.
    """
    bare, space = parted(prompt)
    text, added = written(bare, tokenizer), _added(tokenizer)
    begun = _begun(text, prompt, tokenizer, added)
    whole = [_begun(text + space + one, prompt, tokenizer, added) if one else begun for one in continuations]
    kept = min([common([begun, joint]) for joint in whole], default=len(begun))
    return begun[:kept] or _blank(tokenizer), [() if joint == begun else joint[kept:] for joint in whole]


def seed_of(tokens: Tokens, seed: int, sample: int) -> list[int]:
    """What a sample draws from: the same wherever and with whatever else its prompt is asked."""
    digest = hashlib.sha256(repr((tokens, seed, sample)).encode()).digest()
    return [int.from_bytes(digest[:8], "big")]


def _encoded(text: str, prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    return _cut(text, tokenizer, special=_is_plain(prompt, tokenizer))


def _begun(text: str, prompt: Prompt, tokenizer: "PreTrainedTokenizerBase", added: int) -> Tokens:
    tokens = _encoded(text, prompt, tokenizer)
    return tokens[: len(tokens) - added] if _is_plain(prompt, tokenizer) else tokens


def _is_plain(prompt: Prompt, tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether the tokenizer adds its special tokens: a template writes them itself."""
    return isinstance(prompt, str) or tokenizer.chat_template is None


def _added(tokenizer: "PreTrainedTokenizerBase") -> int:
    """How many tokens the tokenizer adds behind a text."""
    bare, whole = (_cut("A", tokenizer, special=special) for special in (False, True))
    fronts = range(len(whole) - len(bare), -1, -1)
    front = next((place for place in fronts if whole[place : place + len(bare)] == bare), len(whole) - len(bare))
    return len(whole) - len(bare) - front


def _cut(text: str, tokenizer: "PreTrainedTokenizerBase", *, special: bool) -> Tokens:
    return tuple(tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])


def _blank(tokenizer: "PreTrainedTokenizerBase") -> Tokens:
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return (0 if token is None else int(token),)
