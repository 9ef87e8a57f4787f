"""Monte Carlo tree search over the steps of written-out reasoning, with a rule that tells whether an answer is right.

As in MedS³: a node is a step. From the root the child of the highest upper confidence bound is followed to a leaf; the policy
writes several next steps there; each is rolled out to answers; the share of right ones goes back up the path. What a policy
continues with is written whole and cut behind its first step, so that a sample gives both the step and its first roll-out.

Many questions are searched side by side, so that a backend gets their prompts together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from vesalius.language.backend import Backend, Sampling
from vesalius.language.questions import Question
from vesalius.learners.language_model.process_reward.solutions import asked, behind, solution_of, split_steps


@dataclass(slots=True, eq=False)
class Node:
    """One step, behind those of its ancestors.

    Attributes:
        step: what it says; empty at the root.
        parent: the step before it.
        children: steps that were tried behind it.
        visits: back-propagations through it.
        value: share of right answers behind it, 0 to 1.
        letter: the answer that is settled here, in the record's letters; None before the end, or where none was given.
        finished: nothing comes behind it.
    """

    step: str = ""
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    visits: int = 0
    value: float = 0.0
    letter: str | None = None
    finished: bool = False

    @property
    def path(self) -> tuple["Node", ...]:
        """From the first step to this one; the root has none."""
        return () if self.parent is None else (*self.parent.path, self)

    @property
    def steps(self) -> tuple[str, ...]:
        """What the path says."""
        return tuple(node.step for node in self.path)

    @property
    def explored(self) -> bool:
        """Whether all paths through it are finished."""
        return self.finished or (bool(self.children) and all(child.explored for child in self.children))

    def leaves(self) -> Iterator["Node"]:
        """Nodes without children below it, itself where it has none."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How trees are grown; MedS³'s numbers are the defaults, but for the sampling.

    Attributes:
        rounds: leaves that are expanded, at most, a tree.
        branches: next steps that are sampled at a leaf; equal ones are one child.
        roll_outs: answers behind a new step, its own sample among them.
        exploration: c of the upper confidence bound.
        sure: from this share of right roll-outs on a step is not searched further but finished by one of them.
        enough: right ends after which a tree is left alone.
        sampling: of the policy; ``samples`` is not read.
    """

    rounds: int = 16
    branches: int = 3
    roll_outs: int = 5
    exploration: float = 2.0
    sure: float = 0.9
    enough: int = 4
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=512, temperature=1.0))


@dataclass(slots=True, eq=False)
class Tree:
    """The search of one question.

    Attributes:
        question: with its answer.
        root: before the first step.
        tokens, calls: spent on it.
    """

    question: Question
    root: Node = field(default_factory=Node)
    tokens: int = 0
    calls: int = 0

    @property
    def right_ends(self) -> tuple[Node, ...]:
        """Finished leaves with the right answer, the earliest branch first."""
        return tuple(node for node in self._ends() if node.letter == _right(self.question))

    @property
    def wrong_ends(self) -> tuple[Node, ...]:
        """Finished leaves with another answer, or none."""
        return tuple(node for node in self._ends() if node.letter != _right(self.question))

    def _ends(self) -> Iterator[Node]:
        return (node for node in self.root.leaves() if node.finished)


def upper_bound(value: float, visits: int, parent_visits: int, exploration: float) -> float:
    """UCB1 (Auer et al. 2002; Kocsis and Szepesvári 2006): value + c · √(ln N / n); a node that was never visited comes first.

    Args:
        value: of the child.
        visits: n, of the child.
        parent_visits: N.
        exploration: c.

    >>> round(upper_bound(0.5, 2, 8, 2.0), 3), upper_bound(0.5, 0, 8, 2.0)
    (2.539, inf)
    """
    return math.inf if visits == 0 else value + exploration * math.sqrt(math.log(max(parent_visits, 1)) / visits)


def selected(root: Node, exploration: float) -> Node:
    """The leaf that is reached by following the child of the highest bound; explored ones are passed over."""
    node = root
    while node.children:
        parent_visits = node.visits
        open_children = [child for child in node.children if not child.explored]
        node = max(open_children, key=lambda child: upper_bound(child.value, child.visits, parent_visits, exploration))
    return node


def back_propagate(leaf: Node, value: float) -> None:
    """Give a leaf its value, and each of its ancestors the mean of its children's, weighted by their visits.

    >>> root = Node()
    >>> root.children = [Node(parent=root), Node(parent=root)]
    >>> for child, value in zip(root.children, (1.0, 0.5)):
    ...     back_propagate(child, value)
    >>> root.value, root.visits
    (0.75, 2)
    """
    leaf.value = value
    leaf.visits += 1
    node = leaf.parent
    while node is not None:
        node.visits += 1
        visited = sum(child.visits for child in node.children)
        node.value = sum(child.value * child.visits for child in node.children) / visited
        node = node.parent


def grow(backend: Backend, questions: Sequence[Question], search: Search) -> list[Tree]:
    """Search solutions of questions whose answers are known.

    Args:
        backend: the policy, a text model.
        questions: with their answers.
        search: how.

    Returns:
        A tree a question.

    Raises:
        ValueError: if a question lacks its answer.
    """
    if any(question.answer is None for question in questions):
        raise ValueError("a search needs the answers: they are its reward.")
    trees = [Tree(question) for question in questions]
    for number in range(search.rounds):
        growing = [tree for tree in trees if not tree.root.explored and len(tree.right_ends) < search.enough]
        if not growing:
            break
        _expand(backend, growing, search, number)
    return trees


def _expand(backend: Backend, trees: Sequence[Tree], search: Search, number: int) -> None:
    """A round: in each tree a leaf is selected and expanded, and its new steps are rolled out."""
    leaves = [selected(tree.root, search.exploration) for tree in trees]
    sampling = replace(search.sampling, samples=search.branches, seed=_seed(search, number, 0))
    written = _continued(backend, list(zip(trees, leaves, strict=True)), sampling)
    born: list[tuple[Tree, Node]] = []
    begun: dict[Node, list[str]] = {}
    for tree, leaf, texts in zip(trees, leaves, written, strict=True):
        for child, rests in _children(leaf, texts):
            begun[child] = rests
            born.append((tree, child))
    more = max(0, search.roll_outs - 1)
    wanting = [(tree, child) for tree, child in born if any(begun[child])] if more else []
    rolled = (
        _continued(backend, wanting, replace(search.sampling, samples=more, seed=_seed(search, number, 1))) if wanting else []
    )
    for (_, child), texts in zip(wanting, rolled, strict=True):
        begun[child] = [*begun[child], *texts]
    for tree, child in born:
        _judge(tree, child, begun[child], search)


def _children(leaf: Node, texts: Sequence[str]) -> list[tuple[Node, list[str]]]:
    """New steps behind a leaf, each with what came behind it in the samples that began with it."""
    found: dict[str, list[str]] = {}
    for text in texts:
        first, *rest = split_steps(text) or ("",)
        found.setdefault(first, []).append("".join(rest))
    children = [(Node(step=step, parent=leaf), rests) for step, rests in found.items()]
    leaf.children = [child for child, _ in children]
    return children


def _judge(tree: Tree, child: Node, rests: Sequence[str], search: Search) -> None:
    """Roll-outs become the value of a step; where it is an end or certain, its path is finished."""
    said = "".join(child.steps)
    right = _right(tree.question)
    letters = [solution_of(said + rest, tree.question).letter for rest in rests]
    value = sum(letter == right for letter in letters) / len(letters)
    if not any(rests):
        child.finished, child.letter = True, letters[0]
    back_propagate(child, value)
    if not child.finished and value >= search.sure:
        _finish(tree, child, rests[letters.index(right)])


def _finish(tree: Tree, node: Node, rest: str) -> None:
    """Hang a right roll-out behind a step, whose path is then explored."""
    for step in split_steps(rest):
        child = Node(step=step, parent=node)
        node.children = [child]
        node = child
    node.finished, node.letter = True, _right(tree.question)
    back_propagate(node, 1.0)


def _continued(backend: Backend, places: Sequence[tuple[Tree, Node]], sampling: Sampling) -> list[list[str]]:
    """What the policy writes behind each node, and the bill to its tree."""
    prompts = [behind(asked(tree.question), "".join(node.steps)) for tree, node in places]
    replies = backend.generate(prompts, sampling)
    for (tree, _), reply in zip(places, replies, strict=True):
        tree.tokens += reply.usage.tokens
        tree.calls += reply.usage.calls
    return [["" if one.finish == "failed" else _led(one.text) for one in reply.completions] for reply in replies]


def _led(text: str) -> str:
    """A continuation with the white space in front that it has in the text, and without that at its end."""
    return behind("", text.rstrip()) if text.strip() else ""


def _right(question: Question) -> str:
    if question.answer is None:
        raise ValueError(f"{question.id}: its answer is not known.")
    return question.original(question.answer)


def _seed(search: Search, number: int, part: int) -> int:
    return (search.sampling.seed * 1009 + number) * 2 + part
