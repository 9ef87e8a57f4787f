"""What is asked of an OpenAI-compatible server, and what its answers say."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from vesalius.errors import UserError
from vesalius.language.arriving import settled
from vesalius.language.backend import Completion, Message, Prompt, Reply, Sampling, Usage, is_begun

CHAT, TEXT, EMBED = "chat/completions", "completions", "embeddings"

Given = Mapping[str, Any]

_LIMIT, _LIMIT_NOW = "max_tokens", "max_completion_tokens"
_EXAMPLE = "The sky is blue."

REFUSED = "The response was filtered."
"""Stands for an answer that a server's content filter took away; the parser of answers reads it as a refusal."""


def path_of(prompt: Prompt) -> str:
    """Conversations and texts have paths of their own."""
    return TEXT if isinstance(prompt, str) else CHAT


def content_of(prompt: Prompt) -> dict[str, Any]:
    """The prompt as fields of the request; a server has to be told, in vLLM's words, that an answer which has begun goes on."""
    if isinstance(prompt, str):
        return {"prompt": prompt}
    messages = {"messages": [{"role": message.role, "content": message.text} for message in prompt]}
    return messages | ({"add_generation_prompt": False, "continue_final_message": True} if is_begun(prompt) else {})


def example_of(prompt: Prompt) -> Prompt:
    """A prompt of the same form that no server has a reason to refuse."""
    return _EXAMPLE if isinstance(prompt, str) else tuple(Message(message.role, _EXAMPLE) for message in prompt)


def fitted(body: Given, extra: Given) -> dict[str, Any]:
    """A request with further fields; None takes one away, and lets the limit of tokens go by the name that newer servers want.

    >>> fitted({"max_tokens": 5, "temperature": 0}, {"max_tokens": None, "top_k": 3})
    {'temperature': 0, 'top_k': 3, 'max_completion_tokens': 5}
    """
    asked = {**body, **extra}
    if asked[_LIMIT] is None and _LIMIT_NOW not in extra:
        asked[_LIMIT_NOW] = body[_LIMIT]
    return {name: value for name, value in asked.items() if value is not None}


def request_of(prompt: Prompt, sampling: Sampling, sample: int, *, log_probabilities: bool) -> dict[str, Any]:
    """One sample of one prompt.

    Each sample is a request of its own with its own seed: the first five of sixteen are the five that would be asked alone.
    """
    sampling = settled(sampling)
    body = content_of(prompt) | {
        _LIMIT: sampling.max_tokens,
        "temperature": sampling.temperature,
        "seed": seed_of(prompt, sampling.seed, sample),
    }
    if sampling.top_p < 1:
        body["top_p"] = sampling.top_p
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if log_probabilities:
        body["logprobs"] = 1 if isinstance(prompt, str) else True
    return body


def seed_of(prompt: Prompt, seed: int, sample: int) -> int:
    """31 bits of the prompt, the seed and the number of the sample.

    >>> seed_of("Why?", 0, 0) == seed_of("Why?", 0, 0) != seed_of("Why?", 0, 1)
    True
    """
    return int.from_bytes(sha256(json.dumps([content_of(prompt), seed, sample]).encode()).digest()[:4], "big") >> 1


def reply_of(answer: Given) -> Reply:
    """The first choice of an answer, and what it cost; raises as ``Connection.post`` wants where something is missing."""
    choice, usage = answer["choices"][0], usage_of(answer)
    text = choice["text"] if "text" in choice else _said(choice["message"])
    finish = choice.get("finish_reason")
    if finish == "content_filter" and not text:
        text = REFUSED
    if not isinstance(text, str):
        raise TypeError("text")
    completion = Completion(
        text=text,
        tokens=usage.completion,
        log_probability=_log_probability(choice.get("logprobs")),
        finish="length" if finish == "length" else "stop",
    )
    return Reply(completions=(completion,), usage=usage)


def _said(message: Given) -> Any:
    """What a message says; a refusal stands in a field of its own, and a call of a tool says nothing."""
    return message.get("content") or message.get("refusal") or ""


def _log_probability(logprobs: Given | None) -> float | None:
    if not logprobs:
        return None
    if logprobs.get("content"):
        return float(sum(token["logprob"] for token in logprobs["content"]))
    values: Sequence[float] | None = logprobs.get("token_logprobs")
    return float(sum(values)) if values else None


def usage_of(answer: Given) -> Usage:
    """What the server counted.

    Raises:
        UserError: if an answer that is whole otherwise does not say: without it costs would be wrong.
    """
    if answer["choices"] and not answer.get("usage"):
        raise UserError("The server's answers say no 'usage', so costs would be wrong; have it send the counts of tokens.")
    usage = answer["usage"]
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt=int(usage["prompt_tokens"]),
        completion=int(usage.get("completion_tokens") or 0),
        reused=int(details.get("cached_tokens") or 0),
        calls=1,
    )


def vectors_of(answer: Given, count: int) -> list[list[float]]:
    """Vectors in the order of their texts; raises where there are not so many."""
    rows = sorted(answer["data"], key=lambda row: row["index"])
    if [row["index"] for row in rows] != list(range(count)):
        raise ValueError("index")
    return [[float(value) for value in row["embedding"]] for row in rows]
