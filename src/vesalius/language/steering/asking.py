"""Asking once or several times: self-consistency, and ensembles over orders of the options."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import GENERATED, Answered, Protocol, Shots, answer, default_sampling, prompt_of, told
from vesalius.language.prompts import templates
from vesalius.language.questions import Question, permuted
from vesalius.language.steering.votes import voted


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask a question by a protocol; several times, and take the majority.

    Votes come from sampled chains (self-consistency, Wang et al. 2023) or from orders of the options that differ (choice
    shuffling, Nori et al. 2023), each of which is asked once; a letter is told back in the record's order before it counts. What
    the model has against or for a place then falls on other options each time.

    Attributes:
        protocol: how each answer is had.
        votes: how many answers.
        shuffle: show each in an order of its own rather than in the record's.
        sampling: for the protocols that generate; greedy and as long as the protocol needs, where not given.
        chat: ask as a conversation.

    Raises:
        ValueError: if votes could not differ.
    """

    protocol: Protocol = "generation"
    votes: int = 1
    shuffle: bool = False
    sampling: Sampling | None = None
    chat: bool = False

    def __post_init__(self) -> None:
        drawn = self.protocol in GENERATED and self.sampling is not None and self.sampling.temperature > 0
        if self.votes > 1 and not self.shuffle and not drawn:
            raise ValueError(f"votes {self.votes}: all would be the same; shuffle options, or generate at a temperature above 0.")

    @property
    def prompts(self) -> tuple[str, ...]:
        """The label of the protocol's prompt."""
        return (templates()["text" if self.protocol in ("text", "text by length") else self.protocol].label,)

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Ask all questions, and count the votes of each."""
        if self.shuffle:
            return self._in_orders(backend, questions, shots, seed)
        if self.votes > 1:
            return self._in_samples(backend, questions, shots, seed)
        return answer(backend, questions, self.protocol, shots=shots, sampling=self._seeded(seed), chat=self.chat)

    def _seeded(self, seed: int) -> Sampling | None:
        return None if self.sampling is None else replace(self.sampling, seed=seed)

    def _in_orders(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        orders = range(seed * self.votes, (seed + 1) * self.votes)
        shown = [permuted(question, order) for question in questions for order in orders]
        own = [examples for examples in shots for _ in orders]
        told_all = answer(backend, shown, self.protocol, shots=own, sampling=self._seeded(seed), chat=self.chat)
        ballots = [told_all[start : start + self.votes] for start in range(0, len(told_all), self.votes)]
        return [voted(each, tokens=sum(one.tokens for one in each), calls=sum(one.calls for one in each)) for each in ballots]

    def _in_samples(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        sampling = replace(self._seeded(seed) or default_sampling(self.protocol), samples=self.votes)
        asked = [prompt_of(one, self.protocol, own, chat=self.chat) for one, own in zip(questions, shots, strict=True)]
        replies = backend.generate(asked, sampling)
        return [
            voted(
                [told(question, reply, sample) for sample in range(self.votes)],
                tokens=reply.usage.tokens,
                calls=reply.usage.calls,
            )
            for question, reply in zip(questions, replies, strict=True)
        ]
