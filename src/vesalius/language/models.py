"""Models by what a user calls them: a base model of the clinic in miniature, a folder, a file, or a server."""

import json
import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vesalius.errors import UserError
from vesalius.language.backend import Backend
from vesalius.language.cached import Cached
from vesalius.language.conversing import Conversing
from vesalius.tasks import Task

if TYPE_CHECKING:
    from vesalius.language.endpoint.scoring import Scoring

SHIPPED = "resident"
"""The base model that is part of the package."""

TAG = "backend"
"""Of a task: which model its arms are built on, where it is not the shipped one."""

CACHE = "VESALIUS_CACHE"
"""Environment variable that names the folder of what was made once and is used again."""

KEY = "VESALIUS_API_KEY"
"""Environment variable that holds the key of a server, where it wants one."""

_CONVERSING = "conversing with "
_TOLD = " told "


def conversing_with(name: str) -> str:
    """The name of a model that is asked in conversation, as ``opened`` takes it.

    >>> conversing_with("./Qwen3-0.6B")
    'conversing with ./Qwen3-0.6B'
    """
    return _CONVERSING + name


def told(name: str, *, request: Mapping[str, Any] | None = None, per_minute: float | None = None) -> str:
    """The name of a server that is told more or asked slower, as ``opened`` takes it.

    Args:
        name: of a server; of any other model where nothing is told.
        request: further fields of every request; None takes one away.
        per_minute: requests at most.

    Raises:
        UserError: if the model is no server, or what is told can't be.

    >>> told("https://llm/v1#qwen3", request={"temperature": None}), told("resident")
    ('https://llm/v1#qwen3 told {"request": {"temperature": null}}', 'resident')
    """
    more = {"request": request, "per_minute": per_minute}
    given = {field: value for field, value in more.items() if value is not None}
    if not given:
        return name
    if not is_address(name):
        raise UserError(f"--request, --per-minute: {name} is no server, and only servers are asked so; leave them out.")
    if per_minute is not None and not 0 < per_minute < float("inf"):
        raise UserError(f"--per-minute {per_minute}: give a number of requests above 0.")
    try:
        return f"{name}{_TOLD}{json.dumps(given, allow_nan=False)}"
    except (TypeError, ValueError) as error:
        raise UserError(f"--request: not JSON ({error}); give names of fields with texts, numbers, lists or None.") from None


def model_of(task: Task) -> str:
    """What the user named for this task, or the shipped base model."""
    return task.tags.get(TAG, SHIPPED)


def opened(name: str, answers: Path | None = None, *, turns: bool = False) -> Backend:
    """A model that answers, opened once a process.

    Args:
        name: of a base model; a folder in the Hugging Face layout or a ``.gguf`` file; or the address of a server and, behind
            ``#``, its name for the model, such as ``http://localhost:8000/v1#qwen3``. What ``conversing_with`` makes of one of
            them puts every prompt as what a user says; what ``told`` makes of a server's gives it further fields.
        answers: folder where its answers are kept, so that nothing is asked twice; those of a server, which may cost, are kept in
            the cache where none is given, others are not.
        turns: whether prompts are conversations already, which a server scores in another way than texts.

    Raises:
        UserError: if there is no such model, or it can't be read.
    """
    chat, bare = name.startswith(_CONVERSING), name.removeprefix(_CONVERSING)
    if is_address(bare):
        kept = _kept(bare, chat or turns, answers or _cache() / "answers")
    else:
        kept = _kept(str(path_of(bare)), chat or turns, answers)
    return Conversing(kept) if chat else kept


def path_of(name: str) -> Path:
    """The folder or file of a model on this machine: a base model's, or the one that is named, whether there is one or not.

    Raises:
        UserError: if it is a base model that has not been made yet.
    """
    # links are not followed: the Hugging Face cache keeps model.gguf as a link to a file without that ending
    return base_folder(name) if name in BASES else Path(name).absolute()


def folder_of(name: str) -> Path:
    """The folder of a model that can be trained.

    Args:
        name: of a base model, a folder in the Hugging Face layout, or a ``.gguf`` file, which is unpacked once.

    Raises:
        UserError: if it is none of them, or is to be asked in conversation.
    """
    if name.startswith(_CONVERSING):
        raise UserError("--chat: this system trains the model on plain texts, and asks it so; leave it out.")
    if name in BASES:
        return base_folder(name)
    if (file := Path(name)).suffix == ".gguf" and file.is_file():
        from vesalius.language.local.unpacked import unpacked

        return unpacked(file, _cache() / "unpacked")
    if is_address(name) or not (Path(name) / "config.json").is_file():
        raise UserError(f"--model {name}: training needs a folder in the Hugging Face layout, or a .gguf file.")
    from vesalius.language.local.loading import is_seq2seq

    if is_seq2seq(Path(name)):
        raise UserError(f"--model {name}: an encoder-decoder model can be steered but not trained here; name a causal one.")
    return Path(name)


def base_folder(name: str = SHIPPED) -> Path:
    """The folder of a base model: as shipped, or as ``vesalius base train`` made it.

    Raises:
        UserError: if it has not been made yet, or no base model has this name.
    """
    shipped = files("vesalius.language").joinpath("bases", name)
    if shipped.joinpath("config.json").is_file():
        with as_file(shipped) as folder:
            return folder
    made = bases_made() / name
    if not (made / "config.json").is_file():
        raise UserError(f"base model {name!r}: not at hand; make it with: vesalius base train {name}.")
    return made


def bases_made() -> Path:
    """Where base models are kept that were made on this machine: below ``VESALIUS_CACHE``, or the user's cache."""
    return _cache() / "bases"


def _cache() -> Path:
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "vesalius")


BASES: Mapping[str, str] = {
    "novice": "stopped early: knows little, and reasons badly",
    SHIPPED: "the one that is shipped: reasons well in written steps, and knows much by heart, not all",
    "specialist": "trained for longer: answers many questions directly",
}
"""Base models of the clinic in miniature, and what to expect of them."""


def is_address(name: str) -> bool:
    """Whether a server is named."""
    return name.startswith(("http://", "https://"))


def can_be_trained(name: str) -> bool:
    """Whether a model is on this machine and is to continue texts, as lessons are.

    >>> can_be_trained("./Qwen3-0.6B"), can_be_trained(conversing_with("./Qwen3-0.6B")), can_be_trained("https://llm/v1#qwen3")
    (True, False, False)
    """
    return not is_address(name) and not name.startswith(_CONVERSING)


@cache
def _kept(name: str, chat: bool, answers: Path | None) -> Backend:
    backend = _server(name, chat) if is_address(name) else _opened(name)
    return backend if answers is None else Cached(backend, answers)


def _server(name: str, chat: bool) -> Backend:
    from vesalius.language.endpoint import Endpoint

    address, _, more = name.partition(_TOLD)
    url, _, model = address.partition("#")
    if not model:
        raise UserError(f"--model {address}: name the server's model behind a #, such as {address}#qwen3.")
    given = json.loads(more) if more else {}
    # answers in a conversation have no echo
    scoring: Scoring = "prompt_logprobs" if chat else "echo"
    key = KEY if os.environ.get(KEY) else None
    return Endpoint(url, model, scoring=scoring, key_variable=key, extra=given.get("request"), per_minute=given.get("per_minute"))


@cache
def _opened(name: str) -> Backend:
    from vesalius.language.local import Local, Seq2Seq
    from vesalius.language.local.loading import is_seq2seq

    return Seq2Seq(Path(name)) if is_seq2seq(Path(name)) else Local(Path(name))
