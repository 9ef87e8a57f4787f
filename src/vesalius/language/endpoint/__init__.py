"""Any server that speaks OpenAI's protocol (vLLM, llama.cpp, TGI, OpenAI itself) as a backend.

backend = Cached(Endpoint("http://localhost:8000/v1", "Qwen/Qwen3-8B"), Path("answers"))
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import numpy as np

from vesalius.errors import UserError
from vesalius.language.arriving import Asked, Vector, drawn, joined, stacked
from vesalius.language.backend import Completion, Prompt, Reply, Sampling, Scored, Usage
from vesalius.language.endpoint.connection import FILTERED, Connection, Failure
from vesalius.language.endpoint.messages import (
    EMBED,
    REFUSED,
    example_of,
    fitted,
    path_of,
    reply_of,
    request_of,
    vectors_of,
)
from vesalius.language.endpoint.pace import Pace
from vesalius.language.endpoint.scoring import Scoring, require, scored

__all__ = ["Endpoint"]

T = TypeVar("T")
EMBEDDED_TOGETHER = 64


class Endpoint:
    """A model behind an OpenAI-compatible server.

    Requests run side by side. One that meets 408, 429, 5xx, a timeout, a broken connection or an answer that is not what it
    should be is asked again, after waits that double, or as long as the server asks for. A prompt for which that does not help,
    or which the server will not take, gives a completion with the finish ``failed`` and the reason as text, or NaN as
    likelihood. A wrong key, model, address or field is a UserError: nothing more is asked, and what was answered or is under way
    comes before it. With ``Cached`` around it a run that was stopped goes on.

    Args:
        url: address under which ``chat/completions`` is, such as ``http://localhost:8000/v1``.
        model: name by which the server knows it.
        key_variable: environment variable that holds the key; it is read when asked, and stands nowhere else.
        concurrent: requests at a time.
        per_minute: requests at most; None for no limit.
        timeout: seconds without a sign of the server.
        tries: of a request.
        scoring: how the server tells log-probabilities of a prompt.
        log_probabilities: ask for those of completions as well.
        extra: further fields of every request, such as ``{"top_k": 20}``; None takes one away, such as the temperature that
            reasoning models refuse. Without ``max_tokens`` the limit goes as ``max_completion_tokens``. They are part of the
            identity.

    Raises:
        UserError: if the address is none, or holds a password.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key_variable: str | None = None,
        concurrent: int = 16,
        per_minute: float | None = None,
        timeout: float = 300.0,
        tries: int = 8,
        scoring: Scoring = "echo",
        log_probabilities: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                "url: not an address that begins with http:// or https://; give one such as http://localhost:8000/v1."
            )
        if parts.username or parts.password or parts.query:
            raise UserError(
                "url: holds a password or a query; put the key into an environment variable and name it as key_variable."
            )
        self._url, self._model = url.rstrip("/") + "/", model
        self._key_variable = key_variable
        self._concurrent, self._timeout, self._tries = concurrent, timeout, tries
        self._scoring: Scoring = scoring
        self._log_probabilities = log_probabilities
        self._extra = dict(extra or {})
        self._pace = Pace(per_minute)

    @property
    def identity(self) -> str:
        """Model, address and further fields; what the server runs under that name it alone knows."""
        more = sorted(self._extra.items())
        return f"{self._model} at {self._url}" + (f" with {more}" if more else "")

    def __repr__(self) -> str:
        return f"Endpoint({self.identity})"

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Continue each prompt.

        Each sample is a request, and counts with its prompt as the server counts it; without temperature there is but one.
        """
        return joined(_in_order(self.samples(drawn(prompts, sampling), sampling)), sampling)

    def samples(self, asked: Sequence[Asked], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
        """Every sample's place and completion, as they come."""
        if not asked:
            return
        with self._connection() as connection:
            jobs = {place: partial(self._sample, connection, one, sampling) for place, one in enumerate(asked)}
            yield from self._run(connection, jobs)

    def _sample(self, connection: Connection, asked: Asked, sampling: Sampling) -> Reply:
        prompt, number = asked
        answer = connection.post(path_of(prompt), self._request(prompt, sampling, number), reply_of)
        if not isinstance(answer, Failure):
            return answer
        if answer.code == FILTERED:
            return Reply(completions=(Completion(text=REFUSED, tokens=0),), usage=Usage(calls=1))
        if answer.refused:
            connection.require(path_of(prompt), self._request(example_of(prompt), sampling, 0), reply_of)
        return Reply(completions=(Completion(text=answer.reason, tokens=0, finish="failed"),), usage=Usage())

    def _request(self, prompt: Prompt, sampling: Sampling, sample: int) -> dict[str, Any]:
        return fitted(request_of(prompt, sampling, sample, log_probabilities=self._log_probabilities), self._extra)

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score each prompt's continuations.

        Raises:
            UserError: if the server does not tell log-probabilities of a prompt.
        """
        return _in_order(self.scores(prompts, continuations))

    def scores(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> Iterator[tuple[int, Scored]]:
        """Every prompt's place and scores, as they come."""
        if not prompts:
            return
        with self._connection() as connection:
            require(connection, self._scoring, prompts, self._extra)
            jobs = {
                place: partial(scored, connection, self._scoring, prompt, own, self._extra)
                for place, (prompt, own) in enumerate(zip(prompts, continuations, strict=True))
            }
            yield from self._run(connection, jobs)

    def embed(self, texts: Sequence[str]) -> Vector:
        """A vector a text: texts × dimensions.

        Raises:
            UserError: if the server gives none after all tries.
        """
        return stacked(_in_order(self.vectors(texts)), self.identity)

    def vectors(self, texts: Sequence[str]) -> Iterator[tuple[int, Vector]]:
        """Every text's place and vector, as they come."""
        if not texts:
            return
        starts = range(0, len(texts), EMBEDDED_TOGETHER)
        with self._connection() as connection:
            jobs = {start: partial(_embedded, connection, texts[start : start + EMBEDDED_TOGETHER]) for start in starts}
            for start, vectors in self._run(connection, jobs):
                yield from enumerate(vectors, start=start)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        headers = {}
        if self._key_variable is not None:
            key = os.environ.get(self._key_variable, "").strip()
            if not key:
                raise UserError(f"key_variable: the environment variable {self._key_variable} is not set; put the key there.")
            headers["Authorization"] = f"Bearer {key}"
        limits = httpx.Limits(max_connections=self._concurrent)
        with httpx.Client(base_url=self._url, headers=headers, timeout=self._timeout, limits=limits) as client:
            yield Connection(client, self._model, self._pace, self._tries)

    def _run(self, connection: Connection, jobs: Mapping[Any, Callable[[], T]]) -> Iterator[tuple[Any, T]]:
        """Work through jobs side by side; each one's name and result as it comes.

        When one raises, no other is begun; what those under way bring, which is paid, is handed over before it is raised.
        """
        faults: list[BaseException] = []

        def begun(job: Callable[[], T]) -> T:
            if connection.stopped.is_set():
                raise CancelledError
            try:
                return job()
            except BaseException as fault:
                # here, for the main thread would learn of it when the next one has begun
                faults.append(fault)
                connection.stopped.set()
                raise

        with ThreadPoolExecutor(self._concurrent) as pool:
            names = {pool.submit(begun, job): name for name, job in jobs.items()}
            try:
                for done in as_completed(names):
                    if done.exception() is None:
                        yield names[done], done.result()
            finally:
                connection.stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
        if faults:
            raise faults[0]


def _in_order(arriving: Iterator[tuple[int, T]]) -> list[T]:
    return [answer for _, answer in sorted(arriving, key=lambda item: item[0])]


def _embedded(connection: Connection, texts: Sequence[str]) -> list[Vector]:
    body = {"input": list(texts), "encoding_format": "float"}
    vectors = connection.post(EMBED, body, partial(vectors_of, count=len(texts)))
    if isinstance(vectors, Failure):
        raise UserError(f"embeddings: {vectors.reason}; this server or model may give none.")
    return [np.array(vector, dtype=np.float32) for vector in vectors]
