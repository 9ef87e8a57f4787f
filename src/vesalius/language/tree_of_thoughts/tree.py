"""Growing the tree, and the vote of its paths."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vesalius.language.answers import parse_choice
from vesalius.language.backend import Backend, Begun, Completion, Sampling, Usage
from vesalius.language.choices import NEXT_QUESTION, Answered, Shots, prompt_of
from vesalius.language.evidence.uncertainty import softmax
from vesalius.language.prompts import templates
from vesalius.language.questions import Question
from vesalius.language.steering.strategy import CLOSING
from vesalius.language.tree_of_thoughts.evaluators import Evaluator, LikelihoodEvaluator
from vesalius.language.tree_of_thoughts.paths import Candidate, Path, closing


@dataclass(slots=True)
class Grown:
    """What has grown from one question: paths, the best first, and what they cost."""

    question: Question
    prompt: str
    paths: list[Path] = field(default_factory=lambda: [Path()])
    usage: Usage = field(default_factory=Usage)
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeOfThoughts:
    """Breadth-first search over steps of reasoning with evaluator layers (Yao et al. 2023; Yang et al. 2025: QM-ToT).

    At each layer every open path is continued by sampled steps, both evaluator layers judge each, and the paths of the highest
    mean score stay. A path ends with the step that names an option, or where the model says no more; at the last layer an open
    path is closed by the letter that the model finds likeliest behind it. Paths vote for their option with their score.

    Steps that are lines stand on lines of their own in what is continued. Where a model begins with a blank line, or with the end
    of the line before (a template of conversations may cut it off), it is asked again without that stop, for its first line.

    Attributes:
        width: steps that are sampled behind each open path.
        beam: paths that stay.
        depth: layers.
        evaluator: what judges.
        temperature: of sampling.
        step_tokens: of a step at most.
        end: of a step; a full stop, or a line break for models that write steps on lines.

    Raises:
        ValueError: if a number is below 1.
    """

    width: int = 4
    beam: int = 3
    depth: int = 6
    evaluator: Evaluator = field(default_factory=LikelihoodEvaluator)
    temperature: float = 0.8
    step_tokens: int = 48
    end: str = "."

    def __post_init__(self) -> None:
        if min(self.width, self.beam, self.depth) < 1:
            raise ValueError(f"width {self.width}, beam {self.beam}, depth {self.depth}: each is at least 1.")

    @property
    def between(self) -> str:
        """White space between steps."""
        return self.end if self.end.isspace() else " "

    @property
    def prompts(self) -> tuple[str, ...]:
        """That of steps, and the evaluator's."""
        return (templates()["chain of thought"].label, *self.evaluator.prompts)

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Grow a tree a question, and count the votes of its paths."""
        return [weighted_vote(one) for one in self.grow(backend, questions, shots, seed)]

    def grow(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Grown]:
        """The trees, with every path closed where it could be."""
        trees = [
            Grown(question, str(prompt_of(question, "chain of thought", own, chat=False)), [Path(between=self.between)])
            for question, own in zip(questions, shots, strict=True)
        ]
        for layer in range(self.depth):
            if not any(_open(tree) for tree in trees):
                break
            self._layer(backend, trees, seed * self.depth + layer)
        _close(backend, trees)
        return trees

    def _layer(self, backend: Backend, trees: Sequence[Grown], seed: int) -> None:
        grown = self._sampled(backend, trees, seed)
        judged = self.evaluator(backend, [one for _, one in grown], seed)
        found: dict[int, list[Path]] = {id(tree): [path for path in tree.paths if path.done] for tree in trees}
        for (tree, one), verdict in zip(grown, judged, strict=True):
            tree.usage = tree.usage + verdict.usage
            found[id(tree)].append(_taken(one, verdict.score))
        for tree in trees:
            ranked = sorted(found[id(tree)], key=lambda path: -path.value)
            tree.paths = ranked[: self.beam] or [replace(path, done=True) for path in tree.paths]

    def _sampled(self, backend: Backend, trees: Sequence[Grown], seed: int) -> list[tuple[Grown, Candidate]]:
        """Different next steps of every open path; a seed a sample, so that all paths run together."""
        places = [(tree, path) for tree in trees for path in _open(tree)]
        steps: list[dict[str, Completion]] = [{} for _ in places]
        for sample in range(self.width):
            sampling = Sampling(
                max_tokens=self.step_tokens,
                temperature=self.temperature,
                stop=(self.end, NEXT_QUESTION),
                seed=seed * self.width + sample,
            )
            for own, said in zip(steps, self._said(backend, places, sampling), strict=True):
                if said.finish != "failed":
                    own.setdefault(" ".join(said.text.split()), said)
        return [
            (tree, self._candidate(tree, path, text, said))
            for (tree, path), own in zip(places, steps, strict=True)
            for text, said in own.items()
        ]

    def _said(self, backend: Backend, places: Sequence[tuple[Grown, Path]], sampling: Sampling) -> list[Completion]:
        """A next step of each path."""
        said = _continued(backend, places, sampling)
        empty = [place for place, one in enumerate(said) if one.finish != "failed" and not one.text.strip()]
        if not (self.end.isspace() and empty):
            return said
        again = _continued(backend, [places[place] for place in empty], replace(sampling, stop=(NEXT_QUESTION,)))
        for place, one in zip(empty, again, strict=True):
            said[place] = one if one.finish == "failed" else _first(one, self.end)
        return said

    def _candidate(self, tree: Grown, path: Path, text: str, said: Completion) -> Candidate:
        closing = CLOSING.lower() in text.lower()
        letter = parse_choice(text, tree.question.options).letter if closing else None
        return Candidate(
            question=tree.question,
            prompt=tree.prompt,
            path=path,
            step=f"{text}{self.end}".strip() if text else "",
            letter=letter,
            log_probability=said.log_probability,
            tokens=said.tokens,
        )


def _continued(backend: Backend, places: Sequence[tuple[Grown, Path]], sampling: Sampling) -> list[Completion]:
    """Each path continued, its cost and failure noted on its tree."""
    replies = backend.generate([Begun(tree.prompt, path.begun) for tree, path in places], sampling)
    for (tree, _), reply in zip(places, replies, strict=True):
        tree.usage = tree.usage + reply.usage
        if reply.completions[0].finish == "failed":
            tree.failure = reply.text
    return [reply.completions[0] for reply in replies]


def _first(said: Completion, end: str) -> Completion:
    """The first step of a continuation; its likelihood is not known, for that of the whole holds more."""
    step = said.text.strip().partition(end)[0]
    return replace(said, text=step, log_probability=None) if step else said


def _open(tree: Grown) -> list[Path]:
    return [] if tree.failure is not None else [path for path in tree.paths if not path.done]


def _taken(one: Candidate, score: float) -> Path:
    """The path with the step; one that names an option, or says nothing, is the last."""
    scores = (*one.path.scores, score)
    if not one.step:
        return replace(one.path, scores=scores, done=True)
    return replace(one.after, scores=scores, letter=one.letter, done=one.letter is not None)


def _close(backend: Backend, trees: Sequence[Grown]) -> None:
    """Give every path without an option the letter that is likeliest behind it."""
    places = [(tree, place) for tree in trees if tree.failure is None for place, path in enumerate(tree.paths) if not path.letter]
    prompts = [closing(tree.prompt, tree.paths[place]) for tree, place in places]
    scored = backend.score(prompts, [[f" {letter}" for letter in tree.question.letters] for tree, _ in places])
    for (tree, place), said in zip(places, scored, strict=True):
        sure = softmax([one.log_probability for one in said.likelihoods])
        letter = tree.question.letters[sure.index(max(sure))]
        path = tree.paths[place]
        tree.paths[place] = replace(
            path, steps=(*path.steps, f"{CLOSING} {letter}."), scores=(*path.scores, max(sure)), letter=letter, done=True
        )
        tree.usage = tree.usage + said.usage


def weighted_vote(tree: Grown) -> Answered:
    """The option whose paths have the highest sum of scores; of equal ones, that of the best path.

    >>> question = Question(id="1", text="?", options=("a", "b"), order=(0, 1))
    >>> paths = [Path(scores=(value,), letter=letter, done=True) for letter, value in (("A", 0.9), ("B", 0.5), ("B", 0.6))]
    >>> weighted_vote(Grown(question, "", paths)).letter
    'B'
    """
    spent = tree.usage
    if tree.failure is not None:
        return Answered(letter=None, outcome="failed", raw=tree.failure, tokens=spent.tokens, calls=spent.calls)
    votes: dict[str, float] = {}
    for path in sorted(tree.paths, key=lambda path: -path.value):
        if path.letter is not None:
            votes[path.letter] = votes.get(path.letter, 0.0) + path.value
    letter = max(votes, key=lambda one: votes[one])
    raw = "\n\n".join(f"[{path.letter} {path.value:.4f}] {path.text}" for path in tree.paths)
    original = tree.question.original(tree.question.letters.index(letter))
    return Answered(letter=original, outcome="answered", raw=raw, tokens=spent.tokens, calls=spent.calls)
