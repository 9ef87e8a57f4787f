from pathlib import Path

import pytest

from tests.language.endpoint import server
from tests.language.local.gguf_file import save_gguf
from vesalius.errors import UserError
from vesalius.language.backend import Message, Sampling
from vesalius.language.choices import answer
from vesalius.language.models import BASES, CACHE, KEY, SHIPPED, base_folder, conversing_with, folder_of, opened, told
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
    assert opened("http://localhost:1/v1#small").identity == "small at http://localhost:1/v1/"
    with pytest.raises(UserError, match="behind a #"):
        opened("http://localhost:1/v1")


def test_answers_of_a_server_are_kept_and_its_key_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    monkeypatch.setenv(KEY, server.KEY)
    with server.running() as started:
        name = f"{started.url}#{server.MODEL}"
        first = opened(name).generate(["Why?"], Sampling(max_tokens=4))
        assert {one.lower(): value for one, value in started.headers[0].items()}["authorization"] == f"Bearer {server.KEY}"
    assert opened(name).generate(["Why?"], Sampling(max_tokens=4)) == first
    assert list((tmp_path / "answers").iterdir())


def test_a_model_converses_if_it_is_asked_to(tmp_path, monkeypatch):
    plain, chatting = opened(SHIPPED), opened(conversing_with(SHIPPED))
    turn, one = (Message("user", "A"),), Sampling(max_tokens=8)
    said = [backend.generate([prompt], one)[0].completions for backend, prompt in ((chatting, "A"), (plain, turn), (plain, "A"))]
    assert said[0] == said[1] != said[2]
    with server.running() as started:
        monkeypatch.setenv(CACHE, str(tmp_path))
        opened(conversing_with(f"{started.url}#{server.MODEL}")).score(["Which?"], [(" b", " c")])
        assert started.bodies[-1]["messages"][0] == {"role": "user", "content": "Which?"}
    with pytest.raises(UserError, match="--chat: this system trains"):
        folder_of(conversing_with(SHIPPED))


def test_a_server_is_told_further_fields_which_are_part_of_its_identity(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    with server.running() as started:
        plain = f"{started.url}#{server.MODEL}"
        named = told(plain, request={"temperature": None, "top_k": 20}, per_minute=6000)
        opened(conversing_with(named)).generate(["Which?"], Sampling())
        assert started.bodies[-1]["top_k"] == 20 and "temperature" not in started.bodies[-1]
        assert started.bodies[-1]["model"] == server.MODEL
    assert opened(told(plain, per_minute=6000)).identity == opened(plain).identity != opened(named).identity


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("resident", {"request": {"top_k": 20}}, "resident is no server"),
        ("./folder", {"per_minute": 3.0}, "folder is no server"),
        ("https://llm/v1#m", {"per_minute": 0.0}, "above 0"),
        ("https://llm/v1#m", {"request": {"top_p": float("nan")}}, "not JSON"),
        ("https://llm/v1#m", {"request": {"stop": {1}}}, "not JSON"),
    ],
)
def test_what_no_server_can_be_told_is_said(name, more, message):
    with pytest.raises(UserError, match=message):
        told(name, **more)


def test_conversations_are_scored_by_the_way_that_takes_them(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    with server.running() as started:
        backend = opened(f"{started.url}#{server.MODEL}", turns=True)
        assert backend.score([(Message("user", "Which?"),)], [("b",)])[0].likelihoods[0].log_probability == -1.0
        assert backend.generate(["Which?"], Sampling())[0].text and "prompt" in started.bodies[-1]


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


def test_a_gguf_file_is_read_through_the_link_of_a_cache_of_downloads(tmp_path):
    kept, link = tmp_path / "blobs" / "3f2a9c", tmp_path / "snapshots" / "tiny.gguf"
    kept.parent.mkdir()
    link.parent.mkdir()
    save_gguf(tmp_path / "tiny.gguf").rename(kept)
    link.symlink_to("../blobs/3f2a9c")
    assert opened(str(link)).generate(["the cat"], Sampling(max_tokens=2))[0].completions[0].finish != "failed"


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
