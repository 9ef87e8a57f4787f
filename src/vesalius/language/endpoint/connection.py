"""Requests to one server, until each is answered or given up.

No text of a request or an answer gets into a message: what a server says of an error may repeat the prompt.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from vesalius.errors import UserError
from vesalius.language.endpoint.messages import TEXT
from vesalius.language.endpoint.pace import Pace
from vesalius.language.models import KEY

T = TypeVar("T")
Body = Mapping[str, Any]

FILTERED = "content_filter"
"""What servers call it when they will not answer a prompt or show an answer."""

_CODE = re.compile(r"[A-Za-z][\w.-]{0,63}\Z")
_WRONG_KEY, _NOT_PAID, _NOT_FOUND, _TOO_MANY = (401, 403), 402, 404, 429
_WRONG_REQUEST = (400, 422)
_NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request has no answer: a reason without any of its text, and the server's status and code where it gave them."""

    reason: str
    status: int | None = None
    code: str = ""

    @property
    def refused(self) -> bool:
        """Whether the server will not take the request."""
        return self.status in _WRONG_REQUEST


class Connection:
    """A server for the time of one call, used by several threads.

    Args:
        client: with the server's address and the headers.
        model: its name in every request.
        pace: of all calls.
        tries: of a request before it is given up.
    """

    def __init__(self, client: httpx.Client, model: str, pace: Pace, tries: int) -> None:
        self._client = client
        self._model = model
        self._pace = pace
        self._tries = tries
        self._reached = False
        self._answered = False
        self._required = threading.Lock()
        self.stopped = threading.Event()

    def post(self, path: str, body: Body, read: Callable[[Any], T]) -> T | Failure:
        """The answer to one request.

        Args:
            path: under the server's address.
            body: of the request.
            read: what a JSON answer says; raises any error of arithmetic, attributes, look-ups, types or values where it is not
                as it should be.

        Returns:
            What was read, or why there is nothing after all tries.

        Raises:
            UserError: if asking again is of no use for any prompt: a wrong key, model or address, no credit, no server.
        """
        failure = Failure("stopped")
        for attempt in range(self._tries):
            if attempt:
                self._pace.back_off(attempt - 1, self.stopped)
            self._pace.wait(self.stopped)
            if self.stopped.is_set():
                break
            try:
                response = self._client.post(path, json={"model": self._model, **body})
            except httpx.RequestError as error:
                self._reached |= not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                failure = Failure(type(error).__name__)
                continue
            self._reached = True
            if response.status_code == httpx.codes.OK:
                try:
                    answer = read(response.json())
                except _NONSENSE:
                    failure = Failure("an answer that is not the JSON it should be")
                    continue
                self._answered = True
                return answer
            failure = self._failure(response, path, body)
            if response.status_code not in (408, _TOO_MANY) and response.status_code < 500:
                return failure
        if not self._reached and not self.stopped.is_set():
            raise UserError(
                f"{self._client.base_url}: {failure.reason} {self._tries} times; start the server or check its address."
            )
        return failure

    def require(self, path: str, example: Body, read: Callable[[Any], object]) -> None:
        """Ask an example, unless something was answered, to tell a request that is wrong from a prompt that is.

        Args:
            path: as ``post`` takes it.
            example: a request like one that was refused, with a prompt that can't be the reason.
            read: as ``post`` takes it.

        Raises:
            UserError: if that is refused as well, for then all are.
        """
        with self._required:
            failure = None if self._answered else self.post(path, example, read)
        if isinstance(failure, Failure) and failure.refused:
            raise UserError(
                f"{self._client.base_url}, model {self._model!r}: {failure.reason} whatever the prompt; "
                """take away or change what the server does not take, such as --request '{"temperature": null}' (extra)."""
            )

    def _failure(self, response: httpx.Response, path: str, body: Body) -> Failure:
        status, error = response.status_code, _error(response)
        code = _code(error)
        place = f"{self._client.base_url}, model {self._model!r}: HTTP {status}{f' ({code})' if code else ''}"
        if status in _WRONG_KEY:
            raise UserError(f"{place}; put a valid key into the environment variable {KEY}, or name another as key_variable.")
        if status == _NOT_PAID or code == "insufficient_quota":
            raise UserError(f"{place}: no credit; what was answered so far is kept by a cache.")
        if status == _NOT_FOUND or code == "model_not_found":
            chat = "; a model that takes conversations only is asked with --chat" if path == TEXT else ""
            raise UserError(f"{place}; check the model's name and the address, which mostly ends in /v1{chat}.")
        if status < 400:
            raise UserError(f"{place}: no answer; give the address that it stands for.")
        if (asked := _retry_after(response)) is not None:
            self._pace.hold(asked)
        field = next((f"field {name}" for name in body if name == error.get("param")), "")
        told = ", ".join(part for part in (code, field) if part)
        return Failure(f"HTTP {status}{f' ({told})' if told else ''}", status, code)


def _error(response: httpx.Response) -> Mapping[str, Any]:
    """What the server says of an error, as far as it says it in fields."""
    try:
        body = response.json()
    except ValueError:
        return {}
    error = body.get("error", body) if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _code(error: Mapping[str, Any]) -> str:
    """The server's short name of an error; nothing that could be a sentence."""
    return next((name for name in (error.get("code"), error.get("type")) if isinstance(name, str) and _CODE.match(name)), "")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks to wait, from a number or a date."""
    value = response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return seconds if 0 <= seconds < float("inf") else None
