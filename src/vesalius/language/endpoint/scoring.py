"""Log-probabilities of given continuations from a server that tells those of its prompt.

A continuation's tokens are those behind the ones that the prompt has alone; that number is asked first. So nothing depends on how
a server cuts or names its tokens.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from vesalius.errors import UserError
from vesalius.language.backend import UNKNOWN, Likelihood, Message, Prompt, Scored, Usage, is_begun, parted
from vesalius.language.endpoint.connection import Body, Connection, Failure
from vesalius.language.endpoint.messages import Given, content_of, fitted, path_of, usage_of

Scoring = Literal["echo", "prompt_logprobs"]
"""How a server tells the log-probabilities of a prompt: OpenAI's ``echo``; vLLM's ``prompt_logprobs``, also for conversations."""

Token = tuple[float, bool]
"""Log-probability, and whether it is the likeliest; NaN where there is none."""

_FIELDS: dict[Scoring, dict[str, Any]] = {"echo": {"echo": True, "logprobs": 1}, "prompt_logprobs": {"prompt_logprobs": 0}}
_ONE: Body = {"max_tokens": 1, "temperature": 0}
_EXAMPLE: tuple[str, str] = ("The sky is", " blue")
_TOLERANCE = 1e-6


class Unsupported(Exception):
    """The server answers, but not with the log-probabilities of the prompt."""


def require(connection: Connection, scoring: Scoring, prompts: Sequence[Prompt], extra: Body) -> None:
    """Score an example, so that a server which can't is found out before anything is asked.

    Raises:
        UserError: if it can't, or if conversations are to be scored by echo.
    """
    if scoring == "echo" and any(not isinstance(prompt, str) for prompt in prompts):
        raise UserError("scoring='echo': conversations have no echo; use scoring='prompt_logprobs' (vLLM), or prompts as texts.")
    text, continuation = _EXAMPLE
    example: Prompt = text if all(isinstance(prompt, str) for prompt in prompts) else (Message("user", text),)
    try:
        known = _tokens(connection, scoring, _joined(example, continuation), extra, path_of(example))
    except Unsupported:
        known = Failure("no log-probabilities of the prompt")
    if isinstance(known, Failure):
        raise UserError(
            f"scoring={scoring!r}: {known.reason}; this server can't score continuations so. Use another scoring or server, "
            "or answer by generation."
        )


def scored(connection: Connection, scoring: Scoring, prompt: Prompt, continuations: Sequence[str], extra: Body) -> Scored:
    """All continuations of one prompt; NaN for one that could not be scored.

    ``usage.prompt`` is all that the server counted, less the tokens that were scored.
    """
    bare, space = parted(prompt)
    begun = _count(connection, bare, extra)
    if isinstance(begun, Failure):
        return Scored(likelihoods=(UNKNOWN,) * len(continuations), usage=Usage())
    likelihoods, usage = [], begun
    for continuation in continuations:
        if not continuation:
            likelihoods.append(Likelihood(log_probability=0.0, tokens=0, greedy=True))
            continue
        try:
            answer = _tokens(connection, scoring, _joined(bare, space + continuation), extra, path_of(prompt))
        except Unsupported:
            answer = Failure("no log-probabilities of the prompt")
        if isinstance(answer, Failure):
            likelihoods.append(UNKNOWN)
            continue
        tokens, spent = answer
        # where the continuation joins the prompt's last token, that token is its
        likelihoods.append(_likelihood(tokens[min(begun.prompt, len(tokens) - 1) :]))
        usage = usage + spent
    own = sum(one.tokens for one in likelihoods)
    return Scored(likelihoods=tuple(likelihoods), usage=Usage(usage.tokens - own, own, usage.reused, usage.calls))


def _likelihood(tokens: Sequence[Token]) -> Likelihood:
    return Likelihood(
        log_probability=math.fsum(value for value, _ in tokens),
        tokens=len(tokens),
        greedy=all(likeliest for _, likeliest in tokens),
    )


def _count(connection: Connection, prompt: Prompt, extra: Body) -> Usage | Failure:
    """How many tokens the prompt has alone."""
    if prompt == "":
        return Usage()
    return connection.post(path_of(prompt), fitted({**content_of(prompt), **_ONE}, extra), usage_of)


def _joined(prompt: Prompt, continuation: str) -> dict[str, Any]:
    """Prompt and continuation as one; in a conversation the answer has begun with the continuation, and goes on."""
    if isinstance(prompt, str):
        return {"prompt": prompt + continuation}
    if is_begun(prompt):
        prompt, continuation = prompt[:-1], prompt[-1].text + continuation
    return content_of((*prompt, Message("assistant", continuation)))


def _tokens(
    connection: Connection, scoring: Scoring, content: Body, extra: Body, path: str
) -> tuple[list[Token], Usage] | Failure:
    return connection.post(path, fitted({**content, **_ONE}, extra) | _FIELDS[scoring], partial(_read, scoring))


def _read(scoring: Scoring, answer: Given) -> tuple[list[Token], Usage]:
    """The prompt's tokens; raises Unsupported if an answer that is well otherwise is not about them."""
    usage, choice = usage_of(answer), answer["choices"][0]
    try:
        tokens = _echoed(choice["logprobs"], usage) if scoring == "echo" else _told(answer, choice)
    except (KeyError, TypeError) as error:
        raise Unsupported from error
    if len(tokens) != usage.prompt:
        raise Unsupported
    return tokens, usage


def _echoed(logprobs: Given, usage: Usage) -> list[Token]:
    values, tops = logprobs["token_logprobs"], logprobs["top_logprobs"]
    echoed = len(values) - usage.completion
    return [
        (math.nan, False) if value is None else (float(value), value >= max(top.values()) - _TOLERANCE)
        for value, top in zip(values[:echoed], tops[:echoed], strict=True)
    ]


def _told(answer: Given, choice: Given) -> list[Token]:
    """Of a text they stand in its choice, of a conversation beside the choices."""
    tokens: list[Token] = []
    for place in choice.get("prompt_logprobs") or answer["prompt_logprobs"]:
        if place is None:
            tokens.append((math.nan, False))
            continue
        (only,) = place.values()
        tokens.append((float(only["logprob"]), only["rank"] == 1))
    return tokens
