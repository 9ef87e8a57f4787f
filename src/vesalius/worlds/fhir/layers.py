"""The versions of all resources in layers, so that a snapshot is a reference and a restore another.

A layer holds what was written since the one below it was sealed, with an index of its own; what a layer holds hides the same
resource further down. Only the top is written to.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple, Optional

from vesalius.worlds.fhir.frozen import FrozenDict
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.values import Token, Values, references_in, unversioned

Key = tuple[str, str]
"""Type and id."""

Posting = tuple[str, str, str]
"""Type, parameter and code or target; all resources of a type, and all that refer to a target, have one too."""

JOINED = 500
"""Sealed layers of fewer resources together become one, so that many snapshots don't make searches slow."""


class Version(NamedTuple):
    """One version of a resource.

    Attributes:
        number: from 1.
        moment: of the write.
        resource: None where this version is a deletion.
        method: of the call that made it.
        born: place in the order of creation, which is the order of search results.
        values: of its search parameters.
        loaded: whether no call made it, so that a server that lags behind has had it always.
    """

    number: int
    moment: datetime
    resource: FrozenDict | None
    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    born: int
    values: Values
    loaded: bool = False


class Layer:
    """What was written since the layer below was sealed."""

    __slots__ = ("below", "postings", "versions")

    def __init__(self, below: Optional["Layer"]) -> None:
        self.below = below
        self.versions: dict[Key, tuple[Version, ...]] = {}
        self.postings: dict[Posting, dict[Key, None]] = {}

    def chain(self) -> Iterator["Layer"]:
        """This layer and those below, from the top."""
        layer: Layer | None = self
        while layer is not None:
            yield layer
            layer = layer.below

    def write(self, key: Key, *versions: Version) -> None:
        """Adds versions of a resource, oldest first."""
        self._append(key, versions)
        for posting in _postings(key, versions[-1]):
            self.postings.setdefault(posting, {})[key] = None

    def _append(self, key: Key, versions: tuple[Version, ...]) -> None:
        before = self.versions.get(key, ())
        if before:
            for posting in _postings(key, before[-1]):
                self.postings[posting].pop(key)
        self.versions[key] = before + versions

    def absorb(self, upper: "Layer") -> None:
        """Takes what the layer above this one holds."""
        for key, versions in upper.versions.items():
            self._append(key, versions)
        for posting, keys in upper.postings.items():
            self.postings.setdefault(posting, {}).update(keys)

    def sealed(self) -> "Layer":
        """The same content as a layer that nothing will be written to."""
        below = self.below
        if not self.versions and below is not None:
            return below
        if below is None or len(self.versions) + len(below.versions) > JOINED:
            return self
        joined = Layer(below.below)
        joined.absorb(below)
        joined.absorb(self)
        return joined

    def latest(self, key: Key) -> Version | None:
        """The last version, which may be a deletion."""
        for layer in self.chain():
            if key in layer.versions:
                return layer.versions[key][-1]
        return None

    def history(self, key: Key) -> list[Version]:
        """All versions, newest first."""
        return [version for layer in self.chain() for version in reversed(layer.versions.get(key, ()))]

    def count(self, posting: Posting) -> int:
        """At most how many resources a posting has."""
        return sum(len(layer.postings.get(posting, ())) for layer in self.chain())

    def find(self, posting: Posting) -> Iterator[tuple[Key, Version]]:
        """The resources of a posting, in their last versions."""
        above: set[Key] = set()
        for layer in self.chain():
            versions = layer.versions
            for key in layer.postings.get(posting, ()):
                if key not in above:
                    yield key, versions[key][-1]
            # the lowest layer is the largest by far, and hides nothing
            if layer.below is not None:
                above.update(versions)

    def ever(self, kind: str) -> set[Key]:
        """All resources of a type that are or were there."""
        return {key for layer in self.chain() for key in layer.versions if key[0] == kind}

    def written_since(self, earlier: "Layer") -> set[Key]:
        """Resources that may differ from an earlier state, or from another branch."""
        ours, theirs = list(self.chain()), list(earlier.chain())
        apart = [layer for layer in ours if not any(layer is other for other in theirs)]
        apart += [layer for layer in theirs if not any(layer is other for other in ours)]
        return {key for layer in apart for key in layer.versions}


def every(kind: str) -> Posting:
    """The posting of all resources of a type."""
    return kind, "", ""


def referring(target: str) -> Posting:
    """The posting of all resources that refer to one, such as ``Patient/1``."""
    return "", "", target


def _postings(key: Key, version: Version) -> set[Posting]:
    if version.resource is None:
        return set()
    kind = key[0]
    found = {every(kind)}
    for name, parameter in kinds()[kind].parameters.items():
        if parameter.kind == "token" and name != "_id":
            found.update((kind, name, value.code) for value in version.values.get(name, ()) if isinstance(value, Token))
        elif parameter.kind == "reference":
            found.update((kind, name, value) for value in version.values.get(name, ()) if isinstance(value, str))
    found.update(referring(unversioned(target)) for target in references_in(version.resource))
    return found
