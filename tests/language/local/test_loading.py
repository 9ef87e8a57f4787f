import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.local import Local
from vesalius.language.local.loading import identity_of
from vesalius.language.models import base_folder


def test_it_is_a_backend(model_folder: Callable[[str], Path]) -> None:
    assert isinstance(Local(model_folder("llama")), Backend)


def test_identity_follows_the_weights(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    one = Local(model_folder("llama")).identity
    copy = shutil.copytree(model_folder("llama"), tmp_path / model_folder("llama").name)
    assert Local(copy).identity == one
    network = AutoModelForCausalLM.from_pretrained(copy)
    next(network.parameters()).data += 1
    network.save_pretrained(copy)
    assert Local(copy).identity != one


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("config.json", {"rope_parameters": {"rope_theta": 500.0, "rope_type": "default"}}),
        ("generation_config.json", {"eos_token_id": 3}),
        ("tokenizer_config.json", {"eos_token": "<unk>"}),
        ("chat_template.jinja", None),
    ],
)
def test_identity_follows_what_else_answers_depend_on(
    file: str, changed: dict[str, object] | None, model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(model_folder("llama"), tmp_path / model_folder("llama").name))
    (copy / "README.md").write_text("What a reader is told changes nothing.")
    one = identity_of(copy)
    assert one == identity_of(model_folder("llama"))
    settings = "{{ messages }}" if changed is None else json.dumps(json.loads((copy / file).read_text()) | changed)
    (copy / file).write_text(settings)
    assert Local(copy).identity == identity_of(copy) != one


def test_the_shipped_model_has_the_name_that_evidence_calls_it(tmp_path: Path) -> None:
    assert identity_of(base_folder()) == "resident@0359ce501d71"
    copy = Path(shutil.copytree(base_folder(), tmp_path / "resident"))
    assert identity_of(copy) == "resident@0359ce501d71"
    (copy / "chat_template.jinja").write_text("{{ messages }}")
    assert identity_of(copy) != "resident@0359ce501d71"


def test_an_adapter_of_peft_changes_answers_and_identity(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    folder = model_folder("llama")
    adapted = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder),
        LoraConfig(r=2, init_lora_weights=False, target_modules=["q_proj", "v_proj"]),
    )
    adapted.save_pretrained(tmp_path)
    plain, with_adapter = Local(folder), Local(folder, adapter=tmp_path)
    assert plain.identity != with_adapter.identity
    one, other = (backend.score(["the heart"], [[" A"]])[0].likelihoods[0] for backend in (plain, with_adapter))
    assert one.log_probability != other.log_probability
    settings = tmp_path / "adapter_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"lora_alpha": 400}))
    assert Local(folder, adapter=tmp_path).identity not in (plain.identity, with_adapter.identity)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "not a causal language model"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 50), "not a causal language model"),
        (lambda folder: (folder / "model.safetensors").unlink(), "not a causal language model"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), "not a causal language model"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "not a causal language model"),
    ],
)
def test_a_spoilt_folder_is_named(
    spoil: Callable[[Path], None], said: str, model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(model_folder("llama"), tmp_path / "model"))
    spoil(folder)
    with pytest.raises(UserError, match=said) as raised:
        Local(folder)
    assert str(folder) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither a folder nor"):
        Local(tmp_path / "absent")


def test_an_adapter_that_is_none_is_named(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name a folder that peft saved"):
        Local(model_folder("llama"), adapter=tmp_path)


def test_answers_are_the_same_in_every_run(model_folder: Callable[[str], Path]) -> None:
    sampling = Sampling(max_tokens=6, temperature=0.7, samples=2)
    first, second = (Local(model_folder("qwen")).generate(["the heart"], sampling) for _ in range(2))
    assert first == second
