"""One call of a tool a turn, written in plain text as a JSON object, for models whose server knows nothing of tools."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from vesalius.errors import UserError
from vesalius.language.backend import Prompt
from vesalius.language.json_objects import json_objects
from vesalius.language.prompts import Template, conversation, packaged_templates
from vesalius.language.thoughts import without_thoughts

FILE = "tool_calls.toml"

_TRIES = 64
"""Braces at which an object is looked for, so that a text of braces costs little."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model asks for; whether there is such a tool, and it takes this, is for others to say."""

    name: str
    arguments: Mapping[str, Any]


@cache
def tool_templates() -> Mapping[str, Template]:
    """The prompts, by name.

    >>> sorted(tool_templates()["system"].fields)
    ['steps', 'tools']
    """
    return packaged_templates("vesalius.language", FILE)


def tool_conversation(tools: str, steps: int, shown: Sequence[str], said: Sequence[str]) -> Prompt:
    """The conversation so far, of which the model says what comes next.

    Args:
        tools: their description.
        steps: calls that a task may have.
        shown: the task, and the answer to each call.
        said: by the model, one fewer.

    >>> [one.role for one in tool_conversation("none", 8, ["Do it.", "Done."], ["{}"])]
    ['system', 'user', 'assistant', 'user']
    """
    system = tool_templates()["system"].fill(tools=tools, steps=str(steps)).strip()
    return conversation(list(zip(shown[:-1], said, strict=True)), shown[-1], system)


def parse_call(text: str) -> ToolCall:
    """The one call in a text; words and fences around it don't matter, and thoughts (``<think>``) are not looked at.

    >>> parse_call('I look it up. {"tool": "read", "arguments": {"id": "7"}}')
    ToolCall(name='read', arguments={'id': '7'})
    >>> parse_call("Let me see.")
    Traceback (most recent call last):
    vesalius.errors.UserError: your turn: no call in it; write one JSON object with "tool" and "arguments".

    Raises:
        UserError: if there is none, or several, or it lacks a part; the sentence is for the model.
    """
    calls = [one for one in json_objects(without_thoughts(text, unclosed=True), most=_TRIES) if "tool" in one]
    if not calls:
        raise UserError('your turn: no call in it; write one JSON object with "tool" and "arguments".')
    if len(calls) > 1:
        raise UserError(f"your turn: {len(calls)} calls in it, and none was done; write one call a turn.")
    name, arguments = calls[0]["tool"], calls[0].get("arguments", {})
    if not isinstance(name, str) or not isinstance(arguments, dict) or calls[0].keys() - {"tool", "arguments"}:
        raise UserError('your turn: a call is {"tool": name, "arguments": {...}} and nothing else; write it so.')
    return ToolCall(name, arguments)
