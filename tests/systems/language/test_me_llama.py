from dataclasses import replace
from functools import partial

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.language.local.conftest import save_model
from vesalius.language.models import TAG
from vesalius.learners.language_model import supervised
from vesalius.nets.unet import count_parameters
from vesalius.records import Text
from vesalius.sources.simulators.mini_clinic import world
from vesalius.systems.language.adapting import Adaptation, domain_texts, general_texts
from vesalius.systems.language.me_llama import ASKED, BUDGETS, REPLAY, SYSTEM, Pretrained

SMOKE = BUDGETS["smoke"]


def tasks(size="smoke", model=None):
    found = SYSTEM.tasks["clinic"](size)
    return [replace(task, tags={**task.tags, TAG: str(model)}) for task in found] if model else found


def fitted(task, name, seed=0):
    split = task.split(task.source.records())
    learner = {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}[name](seed)
    learner.fit(split.train, split.validation)
    return learner, [task.blind(record) for record in split.test]


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_models_of_other_forms_are_trained_and_transformers_loads_them_back(kind, tmp_path):
    folder = save_model(kind, tmp_path / "base")
    learner, asked = fitted(tasks(model=folder)[0], "me-llama")
    assert len(learner.predict(asked)) == len(asked)
    assert {name: len(history.losses) for name, history in learner.histories.items()} == {
        "pretraining": SMOKE.pretraining,
        "instructions": SMOKE.tuning,
    }
    (saved := tmp_path / "saved").mkdir()
    learner.save(saved)
    tokens = torch.tensor([[3, 4, 5]])
    with torch.no_grad():
        said = AutoModelForCausalLM.from_pretrained(saved / "model").eval()(tokens).logits
        torch.testing.assert_close(said, learner.network(tokens).logits)
        base = AutoModelForCausalLM.from_pretrained(folder).eval()(tokens).logits
    assert not torch.allclose(said, base, atol=1e-3)


def test_arms_take_as_many_steps_and_differ_in_what_they_read(monkeypatch, tmp_path):
    folder, read = save_model("llama", tmp_path / "base"), []
    original = supervised.continue_pretraining

    def spied(network, tokenizer, texts, **options):
        read.append((texts, options))
        return original(network, tokenizer, texts, **options)

    monkeypatch.setattr(supervised, "continue_pretraining", spied)
    task, learners = tasks(model=folder)[0], {}
    for name in ("me-llama", "without replay", "instructions alone"):
        learners[name] = fitted(task, name)[0]
    steps = {name: sum(len(history.losses) for history in one.histories.values()) for name, one in learners.items()}
    assert set(steps.values()) == {SMOKE.pretraining + SMOKE.tuning}
    assert list(learners["instructions alone"].histories) == ["instructions"]
    assert [options["share"] for _, options in read] == [REPLAY, 0.0]
    assert read[0][0] == domain_texts(SMOKE.renderings, 0) and read[0][1]["replay"] == general_texts(SMOKE.renderings, 0)
    # the adapter is folded in, and counts among what was trained
    parameters = count_parameters(learners["without replay"].network.requires_grad_(True))
    assert learners["without replay"].trained_parameters > parameters > learners["instructions alone"].trained_parameters > 0


def test_one_training_serves_all_exams_of_a_seed(monkeypatch, tmp_path):
    folder, trained = save_model("llama", tmp_path / "base"), []
    original = Pretrained.__call__

    def counted(self, network, tokenizer, train, validation, seed):
        trained.append((self, seed))
        return original(self, network, tokenizer, train, validation, seed)

    monkeypatch.setattr(Pretrained, "__call__", counted)
    source = Adaptation(asked="knowledge", questions=4, instructions=0, test=4)
    first, *others = (replace(tasks(model=folder)[0], source=replace(source, asked=asked)) for asked in ASKED)
    learners = [fitted(task, "me-llama")[0] for task in (first, *others)]
    assert len(trained) == 1 and len({id(learner.network) for learner in learners}) == 1
    fitted(first, "me-llama", seed=1)
    fitted(first, "without replay")
    assert len(trained) == 3


def test_what_is_asked_about_is_in_the_texts_alone():
    new = world().new
    source = Adaptation(asked="knowledge", questions=200, instructions=65, test=60)
    records = source.records()
    train, test = ([record for record in records if record.tags["split"] == split] for split in ("train", "test"))
    trained_on = " ".join(field.value for record in train for field in record.fields.values() if isinstance(field, Text))
    assert len(train) == 265 and len(test) == 60
    assert not any(name in trained_on for name in new)
    assert all(record.tags["disease"] in new for record in test)
    assert all(any(name in text for text in domain_texts(1)) for name in new)
    assert not any(name in text for name in new for text in general_texts(1))


def test_no_exam_asks_what_was_trained_on():
    exams = [replace(Adaptation(asked="knowledge", questions=150, test=60), asked=asked).records() for asked in ASKED]
    trained = [[record.id for record in exam if record.tags["split"] == "train"] for exam in exams]
    assert trained[0] == trained[1] == trained[2]
    for exam in exams:
        ids = [record.id for record in exam]
        assert len(ids) == len(set(ids))


def test_every_rendering_of_a_chapter_has_its_findings_in_another_order():
    texts = domain_texts(3)
    same = [text for text in texts if text.startswith(world().new[0])]
    words = {tuple(sorted(text.replace(",", "").replace(".", "").split())) for text in same}
    assert len(same) == 3 == len(set(same)) and len(words) == 1


def test_the_default_size_has_all_three_exams():
    assert [task.tags["part"] for task in tasks("default")] == list(ASKED)
    assert all(isinstance(arm, partial) for task in tasks() for arm in SYSTEM.learners(task, "smoke").values())
