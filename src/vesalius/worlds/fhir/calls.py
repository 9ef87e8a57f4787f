"""A call as HTTP has it, and which interaction it is (FHIR R4, 3.1.0)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.query import Pairs
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.structure import IDENTIFIER

Name = Literal[
    "read", "vread", "history", "search", "create", "update", "conditional update", "patch", "delete", "bundle", "capabilities"
]

METHODS: Mapping[str, Mapping[str, Name]] = {
    "": {"POST": "bundle"},
    "metadata": {"GET": "capabilities"},
    "type": {"GET": "search", "POST": "create", "PUT": "conditional update"},
    "search": {"POST": "search"},
    "instance": {"GET": "read", "PUT": "update", "PATCH": "patch", "DELETE": "delete"},
    "history": {"GET": "history"},
    "version": {"GET": "vread"},
}
"""What each kind of path answers to."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a client asks.

    Attributes:
        method: of HTTP.
        path: without the base, such as ``/Patient/123``.
        query: parameters of the URL, or of the form that was posted to ``_search``.
        body: JSON.
        if_match, if_none_exist: of the headers, where they are there.
        unread: why the request could not be read, where it could not; it is refused with this.

    >>> Call.of("GET", "Observation?code=4548-4").query
    (('code', '4548-4'),)
    """

    method: str
    path: str
    query: Pairs = ()
    body: Any = None
    if_match: str | None = None
    if_none_exist: str | None = None
    unread: Refusal | None = None

    @property
    def unless(self) -> Pairs | None:
        """The criteria of a conditional create, with or without what stands before them in a URL.

        >>> Call("POST", "/Patient", if_none_exist="?identifier=7").unless
        (('identifier', '7'),)

        Raises:
            Refusal: if they can't be read.
        """
        return None if self.if_none_exist is None else pairs(re.sub(r"^\w*\?", "", self.if_none_exist))

    @classmethod
    def of(cls, method: str, url: str, **others: Any) -> "Call":
        """A call of a URL that is relative to the base.

        Raises:
            Refusal: if the query can't be read.
        """
        path, _, query = url.partition("?")
        return cls(method, unquote(path), pairs(query), **others)


def pairs(query: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a query string.

    Raises:
        Refusal: if it is not one, or longer than 1,000 parameters.
    """
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=1_000))
    except ValueError:
        raise Refusal(400, "the query is not one of parameters in UTF-8; write it like code=4548-4&_count=5.") from None


@dataclass(frozen=True, slots=True)
class Route:
    """What a call comes to.

    Attributes:
        name: of the interaction.
        kind: type, where it names one.
        identifier, version: of the resource, where it names one.
    """

    name: Name
    kind: str = ""
    identifier: str = ""
    version: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Type and id."""
        return self.kind, self.identifier

    @property
    def target(self) -> str:
        """For the log."""
        return "/".join(part for part in (self.kind, self.identifier) if part)


class NotAllowed(Refusal):
    """A method that a path does not answer to; ``allowed`` are those that it does."""

    def __init__(self, path: str, allowed: tuple[str, ...]) -> None:
        """Args: the path and its methods."""
        super().__init__(405, f"{shown(path)}: does not answer to this method; use {', '.join(allowed)}.")
        self.allowed = allowed


def route(call: Call) -> Route:
    """Finds the interaction.

    >>> route(Call("GET", "/Patient/7/_history/2"))
    Route(name='vread', kind='Patient', identifier='7', version='2')

    Raises:
        Refusal: 404 where there is no such path, 405 where it does not answer to the method.
    """
    parts = [part for part in call.path.split("/") if part]
    shape, fields = _shape(parts, call.path)
    offered = METHODS[shape]
    name = offered.get("GET" if call.method == "HEAD" else call.method)
    if name is None:
        raise NotAllowed(call.path, tuple(offered))
    return Route(name, **fields)


def _shape(parts: list[str], path: str) -> tuple[str, Mapping[str, str]]:
    if parts in ([], ["metadata"]):
        return "".join(parts), {}
    missing = Refusal(404, f"{shown(path)}: no such path; see /metadata for the types that are kept.")
    if parts[0] not in kinds():
        raise missing
    named = {"kind": parts[0]}
    if len(parts) == 1:
        return "type", named
    if parts[1:] == ["_search"]:
        return "search", named
    if not IDENTIFIER.fullmatch(parts[1]):
        raise missing
    named["identifier"] = parts[1]
    if len(parts) == 2:
        return "instance", named
    if parts[2] != "_history" or len(parts) > 4:
        raise missing
    if len(parts) == 3:
        return "history", named
    if not re.fullmatch(r"[1-9]\d{0,8}", parts[3], re.ASCII):
        raise missing
    return "version", {**named, "version": parts[3]}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with.

    Attributes:
        status: of HTTP.
        body: a resource, which can't be changed where it is a kept one; None where there is nothing to send.
        headers: ETag, Last-Modified, Location and Allow, where they have a meaning.
    """

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """Whether it was done."""
        return self.status < 400
