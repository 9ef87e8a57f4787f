"""A model in a GGUF file as a folder that can be trained from."""

from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

from vesalius.language.local.loading import identity_of, load


def unpacked(file: Path, kept: Path) -> Path:
    """The file's model in the Hugging Face layout, its weights as float32; made once.

    Args:
        file: a ``.gguf`` file.
        kept: the folder in which unpacked models are kept.

    Raises:
        UserError: if the file can't be read as a causal language model.
    """
    from transformers import AutoModelForCausalLM

    folder = kept / identity_of(file).replace("@", "-")
    if folder.exists():
        return folder
    loaded = load(file)
    config = deepcopy(loaded.network.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(loaded.network.state_dict())
    kept.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=kept) as half:
        made = Path(half) / "model"
        plain.save_pretrained(made)
        loaded.tokenizer.save_pretrained(made)
        made.rename(folder)
    return folder
