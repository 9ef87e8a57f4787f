"""Codes and what they are kinds of: a directed graph without cycles, in which a code may have several parents."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vesalius.errors import UserError


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Graph:
    """An ontology. Every answer is in the order in which the codes were given, unless said otherwise.

    Attributes:
        title: of the ontology, for what is told of it.
        parents_of: of each code, what it is a direct kind of.
        names: of each code, its name.

    Raises:
        UserError: if a parent is not a code of the graph, or a code is a kind of itself through others.

    >>> graph = Graph(title="pets", parents_of={"pet": (), "cat": ("pet",), "tom": ("cat",)}, names={"tom": "Tom cat"})
    >>> graph.ancestors("tom"), graph.descendants("pet"), graph.depth("tom"), graph.name("tom")
    (('cat', 'pet'), ('cat', 'tom'), 2, 'Tom cat')
    """

    title: str
    parents_of: Mapping[str, Sequence[str]]
    names: Mapping[str, str]
    _children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)
    _depths: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parents = {code: tuple(dict.fromkeys(above)) for code, above in self.parents_of.items()}
        children: dict[str, list[str]] = {code: [] for code in parents}
        for code, above in parents.items():
            for parent in above:
                if parent not in children:
                    raise UserError(f"{self.title}: {code!a} has the parent {parent!a}, which it lacks; add or remove it.")
                children[parent].append(code)
        object.__setattr__(self, "parents_of", parents)
        object.__setattr__(self, "names", dict(self.names))
        object.__setattr__(self, "_children", {code: tuple(below) for code, below in children.items()})
        object.__setattr__(self, "_depths", self._depths_from_roots())

    def _depths_from_roots(self) -> dict[str, int]:
        """Codes leave once all of their parents have; those that never do are on a cycle or below one."""
        waiting = {code: len(above) for code, above in self.parents_of.items()}
        ready = deque(self.roots)
        depths = dict.fromkeys(ready, 0)
        while ready:
            code = ready.popleft()
            for child in self._children[code]:
                depths[child] = min(depths.get(child, depths[code] + 1), depths[code] + 1)
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        stuck = {code for code, left in waiting.items() if left}
        if stuck:
            round_trip = " > ".join(f"{code!a}" for code in self._cycle(stuck))
            raise UserError(f"{self.title}: the parents of codes go round in a cycle ({round_trip}); remove one of these links.")
        return depths

    def _cycle(self, stuck: set[str]) -> list[str]:
        """A stuck code has a stuck parent: going up from one must come round."""
        walk = [min(stuck)]
        while (above := next(parent for parent in self.parents_of[walk[-1]] if parent in stuck)) not in walk:
            walk.append(above)
        return [*walk[walk.index(above) :], above]

    def __len__(self) -> int:
        """How many codes."""
        return len(self.parents_of)

    def __iter__(self) -> Iterator[str]:
        """The codes."""
        return iter(self.parents_of)

    def __contains__(self, code: object) -> bool:
        """Whether it is a code of the graph."""
        return code in self.parents_of

    @property
    def roots(self) -> tuple[str, ...]:
        """The codes without parents."""
        return tuple(code for code, above in self.parents_of.items() if not above)

    def name(self, code: str) -> str:
        """The name of a code; the code itself where it has none.

        Raises:
            UserError: if there is no such code.
        """
        return self.names.get(self._known(code), code)

    def parents(self, code: str) -> tuple[str, ...]:
        """What a code is a direct kind of.

        Raises:
            UserError: if there is no such code.
        """
        return tuple(self.parents_of[self._known(code)])

    def children(self, code: str) -> tuple[str, ...]:
        """The direct kinds of a code.

        Raises:
            UserError: if there is no such code.
        """
        return self._children[self._known(code)]

    def ancestors(self, code: str) -> tuple[str, ...]:
        """All that a code is a kind of, itself left out, the nearest first.

        Raises:
            UserError: if there is no such code.
        """
        return _reached(self._known(code), self.parents_of)

    def descendants(self, code: str) -> tuple[str, ...]:
        """All kinds of a code, itself left out, the nearest first.

        Raises:
            UserError: if there is no such code.
        """
        return _reached(self._known(code), self._children)

    def depth(self, code: str) -> int:
        """How many links the shortest way to a root has; 0 for a root.

        Raises:
            UserError: if there is no such code.
        """
        return self._depths[self._known(code)]

    def lowest_common(self, first: str, second: str) -> tuple[str, ...]:
        """What both codes are or are kinds of, without what lies above another such code; in a tree, one code at most.

        Raises:
            UserError: if there is no such code.

        >>> graph = Graph(title="pets", parents_of={"pet": (), "cat": ("pet",), "tom": ("cat",), "dog": ("pet",)}, names={})
        >>> graph.lowest_common("tom", "dog"), graph.lowest_common("tom", "cat")
        (('pet',), ('cat',))
        """
        shared = {first, *self.ancestors(first)} & {second, *self.ancestors(second)}
        above = {higher for code in shared for higher in self.ancestors(code)}
        return tuple(sorted(shared - above))

    def _known(self, code: str) -> str:
        if code not in self.parents_of:
            raise UserError(f"{self.title}: there is no code {code[:40]!a}; look it up in the release that was loaded.")
        return code


def _reached(start: str, links: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    ready = deque(links[start])
    while ready:
        code = ready.popleft()
        if code not in found:
            found[code] = None
            ready.extend(links[code])
    return tuple(found)
