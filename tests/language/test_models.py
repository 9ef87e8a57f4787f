from pathlib import Path

import pytest

from tests.language.local.gguf_file import save_gguf
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.choices import answer
from vesalius.language.endpoint import Endpoint
from vesalius.language.models import BASES, CACHE, SHIPPED, base_folder, folder_of, opened
from vesalius.language.questions import question_of
from vesalius.records import Text
from vesalius.sources.simulators.mini_clinic import Exam


def test_the_shipped_base_reasons_in_written_steps_better_than_it_answers_at_once():
    records = Exam(level="several steps", test=40, seed=99).records()
    questions = [question_of(record) for record in records]

    def accuracy(protocol):
        said = answer(opened(SHIPPED), questions, protocol)
        return sum(one.letter == record.get("answer", Text).value for one, record in zip(said, records, strict=True)) / 40

    assert accuracy("chain of thought") > accuracy("letter") + 0.2


def test_a_model_is_opened_once():
    shipped, named, one = opened(SHIPPED), opened(str(base_folder())), Sampling(max_tokens=1)
    assert shipped is opened(SHIPPED)
    assert named.generate(["A"], one) == shipped.generate(["A"], one)


def test_a_server_is_named_with_its_model():
    assert isinstance(opened("http://localhost:1/v1#small"), Endpoint)
    with pytest.raises(UserError, match="behind a #"):
        opened("http://localhost:1/v1")


def test_a_base_that_is_not_at_hand_is_named_with_the_command_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    missing = next(name for name in BASES if name != SHIPPED)
    with pytest.raises(UserError, match=f"vesalius base train {missing}"):
        base_folder(missing)
    made = tmp_path / "bases" / missing
    made.mkdir(parents=True)
    (made / "config.json").write_text("{}")
    assert base_folder(missing) == made == folder_of(missing)


@pytest.mark.parametrize("name", ["nowhere", "http://localhost:1/v1#small"])
def test_training_wants_a_folder(name):
    with pytest.raises(UserError, match="Hugging Face layout"):
        folder_of(name)


def test_a_file_that_is_no_model_is_said_to_be_none(tmp_path):
    with pytest.raises(UserError, match="name a model"):
        opened(str(tmp_path / "missing.gguf"))
    assert folder_of(str(base_folder())) == Path(str(base_folder()))


def test_a_gguf_file_is_unpacked_once_and_says_what_it_said(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    file = save_gguf(tmp_path / "tiny.gguf")
    folder = folder_of(str(file))
    kept = (folder / "model.safetensors").stat().st_mtime_ns
    assert folder_of(str(file)) == folder and (folder / "model.safetensors").stat().st_mtime_ns == kept
    assert list(folder.parent.iterdir()) == [folder]
    packed, plain = opened(str(file)), opened(str(folder))
    assert packed.generate(["the cat"], Sampling(max_tokens=5)) == plain.generate(["the cat"], Sampling(max_tokens=5))
    score = [backend.score(["the cat"], [(" a", " he")])[0].likelihoods for backend in (packed, plain)]
    assert [one.log_probability for one in score[0]] == pytest.approx([one.log_probability for one in score[1]], abs=1e-5)
