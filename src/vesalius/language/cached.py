"""A cache by content around any backend."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from vesalius.language import arriving
from vesalius.language.answer_file import AnswerFile, Row, key_of
from vesalius.language.backend import Backend, Completion, Finish, Likelihood, Prompt, Reply, Sampling, Scored, Usage

T = TypeVar("T", Reply, Scored)
Vector = NDArray[np.float32]
Entry = Reply | Scored | Vector


class Cached:
    """Asks a backend only what it was not asked before.

    An answer is found by the backend's identity, the prompt, and how it is sampled or which continuations are scored; the file
    holds digests of prompts, never their text. It is kept as soon as it arrives, so that a run that was killed goes on where it
    was. What failed is not kept. A prompt that stands twice in a call is asked once.

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
        how = {"identity": self.identity, "sampling": asdict(sampling)}
        keys = [key_of({**how, "prompt": _plain(prompt)}) for prompt in prompts]
        found, missing = self._known(keys, Reply)
        for place, reply in arriving.replies(self._backend, [prompts[index] for index in missing], sampling):
            whole = all(one.finish != "failed" for one in reply.completions)
            found[keys[missing[place]]] = self._keep(keys[missing[place]], reply, whole=whole)
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
        if missing:
            for key, vector in zip(missing, self._backend.embed(list(missing.values())), strict=True):
                kept = base64.b64encode(vector.astype("<f4").tobytes()).decode()
                self._answers.add(key, {"identity": self.identity, "vector": kept})
        vectors = [self._answers.get(key) for key in keys]
        return np.array(vectors, dtype=np.float32).reshape(len(texts), -1) if texts else self._backend.embed(())

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
