"""A cache by content around any backend."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np

from vesalius.language import arriving
from vesalius.language.answer_file import AnswerFile, Row, key_of
from vesalius.language.arriving import Arriving, Asked, Vector
from vesalius.language.backend import Backend, Completion, Finish, Likelihood, Prompt, Reply, Sampling, Scored, Usage

T = TypeVar("T", Reply, Scored)
Entry = Reply | Scored | Vector


class Cached:
    """Asks a backend only what it was not asked before.

    An answer is found by the backend's identity, the prompt, and how it is sampled or which continuations are scored; the file
    holds digests of prompts, never their text. It is kept as soon as it arrives, so that a run that was killed goes on where it
    was; of a backend that answers one by one, each sample. What failed is not kept. A prompt that stands twice in a call is asked
    once, and without temperature once for all seeds.

    A kept answer has the usage that it first had: what a finding says of costs does not depend on a cache. What was really spent
    stands in ``spent``.

    Args:
        backend: what to ask.
        folder: where answers are kept, for any number of backends and processes.

    Attributes:
        spent: by this object, on answers that were not kept before.
    """

    def __init__(self, backend: Backend, folder: Path) -> None:
        self._backend = backend
        self._answers = AnswerFile[Entry](folder, _read)
        self.spent = Usage()

    @property
    def identity(self) -> str:
        """The backend's: a cache changes no answer."""
        return self._backend.identity

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Continue each prompt, or say what was said before."""
        self._answers.refresh()
        keys = [self._key(prompt, sampling) for prompt in prompts]
        asked = dict(zip(keys, prompts, strict=True))
        found = {key: reply for key, prompt in asked.items() if (reply := self._reply(prompt, sampling)) is not None}
        missing = [key for key in asked if key not in found]
        made = self._made([asked[key] for key in missing], arriving.settled(sampling))
        found |= zip(missing, made, strict=True)
        return [found[key] for key in keys]

    def _key(self, prompt: Prompt, sampling: Sampling, sample: int = 0) -> str:
        content = {"identity": self.identity, "sampling": asdict(sampling), "prompt": _plain(prompt)}
        return key_of({**content, "sample": sample} if sample else content)

    def _sample_keys(self, asked: Sequence[Asked], sampling: Sampling) -> list[str]:
        """The first of several samples has the key of an only one, for they are the same."""
        alone = replace(sampling, samples=1)
        return [self._key(prompt, alone, sample) for prompt, sample in asked]

    def _reply(self, prompt: Prompt, sampling: Sampling) -> Reply | None:
        """What is kept: whole, also from before seeds were settled, or sample by sample."""
        settled = arriving.settled(sampling)
        for how in (sampling, settled):
            if isinstance(entry := self._answers.get(self._key(prompt, how)), Reply):
                return entry
        keys = self._sample_keys(arriving.drawn([prompt], settled), settled)
        samples = [entry for key in keys if isinstance(entry := self._answers.get(key), Reply)]
        return arriving.joined(samples, settled)[0] if len(samples) == len(keys) else None

    def _made(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Reply]:
        """Ask, and keep what did not fail: sample by sample, or whole from a backend that answers a call at once."""
        if isinstance(self._backend, Arriving):
            return arriving.joined(self._drawn(self._backend, arriving.drawn(prompts, sampling), sampling), sampling)
        answers = zip(prompts, arriving.replies(self._backend, prompts, sampling), strict=True)
        return [self._keep(self._key(prompt, sampling), reply, whole=_is_whole(reply)) for prompt, reply in answers]

    def _drawn(self, backend: Arriving, asked: Sequence[Asked], sampling: Sampling) -> list[Reply]:
        """Every sample, of which some may be kept."""
        keys = self._sample_keys(asked, sampling)
        found, missing = self._known(keys, Reply)
        for place, reply in backend.samples([asked[index] for index in missing], sampling):
            key = keys[missing[place]]
            found[key] = self._keep(key, reply, whole=_is_whole(reply))
        return [found[key] for key in keys]

    def score(self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]) -> list[Scored]:
        """Score each prompt's continuations, or give the scores from before."""
        keys = [
            key_of({"identity": self.identity, "prompt": _plain(prompt), "continuations": list(own)})
            for prompt, own in zip(prompts, continuations, strict=True)
        ]
        found, missing = self._known(keys, Scored)
        asked = [prompts[index] for index in missing], [continuations[index] for index in missing]
        for place, scored in arriving.scores(self._backend, *asked):
            whole = not any(np.isnan(one.log_probability) for one in scored.likelihoods)
            found[keys[missing[place]]] = self._keep(keys[missing[place]], scored, whole=whole)
        return [found[key] for key in keys]

    def embed(self, texts: Sequence[str]) -> Vector:
        """A vector a text, asked or kept."""
        self._answers.refresh()
        keys = [key_of({"identity": self.identity, "text": text}) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if self._answers.get(key) is None}
        asked = list(missing)
        for place, vector in arriving.vectors(self._backend, list(missing.values())):
            kept = base64.b64encode(vector.astype("<f4").tobytes()).decode()
            self._answers.add(asked[place], {"identity": self.identity, "vector": kept})
        vectors = [entry for key in keys if isinstance(entry := self._answers.get(key), np.ndarray)]
        return arriving.stacked(vectors, self.identity) if texts else self._backend.embed(())

    def _known(self, keys: Sequence[str], kind: type[T]) -> tuple[dict[str, T], list[int]]:
        """What is kept by key, and the first place of each key that is not."""
        self._answers.refresh()
        found = {key: entry for key in keys if isinstance(entry := self._answers.get(key), kind)}
        first = {key: index for index, key in reversed(list(enumerate(keys))) if key not in found}
        return found, sorted(first.values())

    def _keep(self, key: str, answer: T, *, whole: bool) -> T:
        self.spent = self.spent + answer.usage
        if whole:
            self._answers.add(key, {"identity": self.identity, **asdict(answer)})
        return answer


def _is_whole(reply: Reply) -> bool:
    return all(one.finish != "failed" for one in reply.completions)


def _plain(prompt: Prompt) -> Any:
    return prompt if isinstance(prompt, str) else [[message.role, message.text] for message in prompt]


def _read(row: Row) -> Entry:
    """An answer from its row; raises KeyError, TypeError or ValueError where it is none."""
    if "vector" in row:
        return np.frombuffer(base64.b64decode(row["vector"], validate=True), dtype="<f4")
    usage = Usage(**row["usage"])
    if "completions" in row:
        completions = tuple(Completion(**one) for one in row["completions"])
        if not completions or not all(isinstance(one.text, str) and one.finish in get_args(Finish) for one in completions):
            raise ValueError("no completions")
        return Reply(completions=completions, usage=usage)
    return Scored(likelihoods=tuple(Likelihood(**one) for one in row["likelihoods"]), usage=usage)
