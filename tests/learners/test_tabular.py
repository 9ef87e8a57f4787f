"""The eleven traditional models of ClinicalBench."""

from functools import partial

import numpy as np
import pytest

from vesalius.checks import check_learner
from vesalius.errors import UserError
from vesalius.learners.tabular import FITTED, MODELS, Tabular, classes_of
from vesalius.metrics import auroc
from vesalius.records import Label, Record, Vector
from vesalius.systems.ehr.clinicalbench import READERS, SYSTEM
from vesalius.trials.cell import split_of

DATA = {name: tasks("smoke") for name, tasks in SYSTEM.tasks.items()}
MORTALITY, RANKED = DATA["mortality"]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_keeps_the_contract_of_learners(model):
    check_learner(lambda seed: Tabular(model, target="mortality", answer="class", seed=seed), MORTALITY)


@pytest.mark.parametrize("model", ["svm", "random forest"])
def test_scores_of_three_classes_rank_them_and_agree_with_the_class_that_is_told(model):
    ranked = DATA["los"][1]
    split = split_of(ranked)
    told = {}
    for answer in ("class", "score"):
        learner = Tabular(model, target="length of stay", answer=answer, seed=0)
        learner.fit(split.train, [])
        told[answer] = [prediction.value for prediction in learner.predict(split.test)]
    classes = split.train[0].get("length of stay", Label).classes
    assert [classes[np.argmax(scores)] for scores in told["score"]] == told["class"]


def line(count):
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(60, 10, count), rng.random((count, 3)) < 0.5]).astype(float)
    came = values[:, 1] == 1
    classes = ("no", "yes")
    return [
        Record(
            id=str(place),
            subject_id=str(place),
            fields={"covariates": Vector(own, ("age", "a", "b", "c")), "mortality": Label(classes[int(ill)], classes)},
        )
        for place, (own, ill) in enumerate(zip(values, came, strict=True))
    ]


def network(reader, seed=0, steps=60):
    from vesalius.learners.code_sequences import CodeClassifier, CodeRecipe
    from vesalius.learners.training import Regime
    from vesalius.nets.code_sequences import CodeSize

    regime = Regime(steps=steps, learning_rate=1e-2, checks=2)
    recipe = CodeRecipe(reader=reader, size=CodeSize(width=8, depth=1, heads=2), batch=32, regime=regime)
    return CodeClassifier(recipe, target="mortality", answer="score", seed=seed)


@pytest.mark.parametrize("learner", ["logistic regression", "nearest neighbours", *READERS])
def test_a_code_that_decides_is_found(learner):
    records = line(160)
    made = network(learner) if learner in READERS else Tabular(learner, target="mortality", answer="score", seed=0)
    made.fit(records[:100], records[100:120])
    scores = np.array([prediction.value for prediction in made.predict(records[120:])])
    assert auroc(scores, np.array([record.get("mortality", Label).index for record in records[120:]])) > 0.9


@pytest.mark.parametrize("reader", READERS)
def test_a_network_keeps_the_contract_and_differs_by_seed(reader):
    one = check_learner(partial(network, reader, steps=2), RANKED)
    other = network(reader, seed=1, steps=2)
    other.fit(split_of(RANKED).train, [])
    blind = split_of(RANKED).test[:3]
    assert [said.value for said in one.predict(blind)] != [said.value for said in other.predict(blind)]


def test_the_transformer_does_not_see_an_order_of_codes_and_the_lstm_does():
    import torch

    from vesalius.nets.code_sequences import CodeSequence, CodeSize

    torch.manual_seed(0)
    here, there = torch.tensor([[1, 2, 3, 0]]), torch.tensor([[3, 1, 2, 0]])
    equal = {}
    for reader in READERS:
        size = CodeSize(width=8, depth=1, heads=2)
        net = CodeSequence(reader, vocabulary=3, numbers=1, classes=2, size=size).eval()
        equal[reader] = torch.allclose(net(here, torch.ones(1, 1)), net(there, torch.ones(1, 1)), atol=1e-6)
        assert torch.allclose(net(here, torch.ones(1, 1)), net(here[:, :3], torch.ones(1, 1)), atol=1e-6)
    assert equal == {"transformer": True, "rnn": False}


def test_a_class_without_a_record_and_a_damaged_file_are_refused(tmp_path):
    records = [record for record in line(20) if record.get("mortality", Label).value == "no"]
    with pytest.raises(UserError, match="class 'yes'"):
        classes_of(records, "mortality")
    (tmp_path / FITTED).write_bytes(b"no zip")
    with pytest.raises(UserError, match="damaged"):
        Tabular("svm", target="mortality", answer="class", seed=0).load(tmp_path)
