"""Language models whose weights are rounded to four bits when they are opened."""

from functools import cache
from pathlib import Path

from vesalius.errors import UserError
from vesalius.language.backend import Backend
from vesalius.language.models import is_address, path_of

HEAD = "lm_head"
"""The output layer, which keeps its precision, as it does in the usual four-bit models."""


def opened_int4(name: str, group: int = 32) -> Backend:
    """A model on this machine with every linear layer but the last in INT4, opened once a process.

    Args:
        name: of a base model, a folder in the Hugging Face layout, or a ``.gguf`` file.
        group: weights that share a scale.

    Raises:
        UserError: for the address of a server, or a model that can't be read.
    """
    if is_address(name):
        raise UserError(f"--model {name}: a server's weights can't be rounded here; name a folder or a .gguf file.")
    return _opened(path_of(name), group)


@cache
def _opened(path: Path, group: int) -> Backend:
    from vesalius.language.local import Local
    from vesalius.language.local.loading import Loaded, load
    from vesalius.nets.int4 import quantise

    loaded = load(path)
    quantise(loaded.network, group=group, keep=(HEAD,))
    return Local(Loaded(loaded.network, loaded.tokenizer, f"{loaded.identity}+int4/{group}"))
