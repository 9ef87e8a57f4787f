"""Budget forcing: thinking is cut at so many tokens, or made to go on when it ends too early."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from vesalius.language.answers import parse_choice
from vesalius.language.backend import Backend, Begun, Completion, Reply, Sampling, Usage
from vesalius.language.choices import NEXT_QUESTION, Answered, Shots, prompt_of
from vesalius.language.prompts import templates
from vesalius.language.questions import Question
from vesalius.language.steering.strategy import CLOSING, steering_templates
from vesalius.language.thoughts import CLOSES, is_thinking

ENDS = (CLOSING, CLOSES, NEXT_QUESTION)
"""Where a model leaves off thinking: the closing words end it as a sentence, with their capital, not in the midst of one."""

_ANSWER = Sampling(max_tokens=32, stop=(NEXT_QUESTION, "\n"))


@dataclass(slots=True)
class _Chain:
    """A question's steps, as far as they are written."""

    prompt: str
    left: int
    text: str = ""
    ended: bool = True
    failure: str | None = None
    usage: Usage = field(default_factory=Usage)

    def take(self, reply: Reply) -> None:
        said = reply.completions[0]
        self.usage = self.usage + reply.usage
        if said.finish == "failed":
            self.failure = said.text
            return
        self.text = f"{self.text} {said.text.strip()}".rstrip()
        self.left = max(0, self.left - said.tokens)
        self.ended = said.finish == "stop"
        if not self.ended:
            self.text = _without_begun_closing(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetForcing:
    """Steps of a length that is set, then the answer (Muennighoff et al. 2025: s1).

    Thinking ends where the model writes a sentence with the words that close it, or ``</think>``, or a question of its own, or
    stops. *Down*: at ``budget`` tokens it is cut. *Up*: where it ends with tokens to spare, what ended it is withheld and the cue
    of the prompt ``wait`` stands in its place, up to ``waits`` times. Then an open ``<think>`` is closed, the closing words are
    written for the model, and what it says behind them is its answer.

    The prompt is asked again with the steps at each of these places; a provider counts it again, and so does the answer.

    Attributes:
        budget: tokens of thinking; with 0 the answer is forced at once.
        waits: how often an early end is not accepted.
        sampling: of the steps; greedy where not given. Its length and stops are not read.

    Raises:
        ValueError: if a number is negative.
    """

    budget: int
    waits: int = 0
    sampling: Sampling | None = None

    def __post_init__(self) -> None:
        if self.budget < 0 or self.waits < 0:
            raise ValueError(f"budget {self.budget}, waits {self.waits}: neither is below 0.")

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the prompt for steps, and of the cue if there is one."""
        return (templates()["chain of thought"].label, *((steering_templates()["wait"].label,) if self.waits else ()))

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Think within the budget, then answer."""
        chains = [
            _Chain(cast(str, prompt_of(question, "chain of thought", own, chat=False)), self.budget)
            for question, own in zip(questions, shots, strict=True)
        ]
        for turn in range(self.waits + 1):
            going = [chain for chain in chains if chain.ended and chain.left and chain.failure is None]
            if turn:
                for chain in going:
                    chain.text = f"{chain.text} {steering_templates()['wait'].text}"
            self._think(backend, going, seed)
        return _answered(backend, questions, chains)

    def _think(self, backend: Backend, chains: Sequence[_Chain], seed: int) -> None:
        base = replace(self.sampling or Sampling(), stop=ENDS, seed=seed, samples=1)
        for left in sorted({chain.left for chain in chains}):
            same = [chain for chain in chains if chain.left == left]
            replies = backend.generate([Begun(chain.prompt, chain.text) for chain in same], replace(base, max_tokens=left))
            for chain, reply in zip(same, replies, strict=True):
                chain.take(reply)


def _without_begun_closing(text: str) -> str:
    """A cut may fall within the closing words."""
    words = CLOSING.split()
    for count in range(len(words) - 1, 0, -1):
        begun = " ".join(words[:count])
        if text.endswith(f" {begun}") or text == begun:
            return text[: -len(begun)].rstrip()
    return text


def _closed(text: str) -> str:
    """Steps and the words behind which the answer stands, outside of the thought if they are one."""
    return f"{text}\n{CLOSES}\n\n{CLOSING}" if is_thinking(text) else f"{text} {CLOSING}"


def _answered(backend: Backend, questions: Sequence[Question], chains: Sequence[_Chain]) -> list[Answered]:
    thought = [chain for chain in chains if chain.failure is None]
    replies = iter(backend.generate([Begun(chain.prompt, _closed(chain.text)) for chain in thought], _ANSWER))
    found = []
    for question, chain in zip(questions, chains, strict=True):
        said = Completion(text=chain.failure or "", tokens=0, finish="failed")
        if chain.failure is None:
            reply = next(replies)
            said, chain.usage = reply.completions[0], chain.usage + reply.usage
        found.append(_told(question, chain, said))
    return found


def _told(question: Question, chain: _Chain, said: Completion) -> Answered:
    spent = chain.usage
    if said.finish == "failed":
        return Answered(letter=None, outcome="failed", raw=said.text, tokens=spent.tokens, calls=spent.calls)
    # some tokenizers lose the space in front
    answer = said.text.strip()
    parsed = parse_choice(f"{CLOSING} {answer}", question.options)
    letter = None if parsed.letter is None else question.original(question.letters.index(parsed.letter))
    raw = f"{_closed(chain.text)} {answer}".strip()
    return Answered(letter=letter, outcome=parsed.outcome, raw=raw, tokens=spent.tokens, calls=spent.calls)
