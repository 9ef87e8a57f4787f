"""Cells that are stopped in training and taken up again."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from tests.learners.denoiser.test_generator import SHORT
from tests.learners.federation.test_federation import federation
from tests.learners.test_classifier import CLASSES, TEST, TRAIN, VALIDATION
from vesalius.learners.checkpoint_folder import SPENT
from vesalius.learners.classifier import Classifier
from vesalius.learners.contrastive import MomentumContrastImages
from vesalius.learners.denoiser import generator
from vesalius.learners.denoiser.generator import Denoiser
from vesalius.learners.denoiser.judged import Judged
from vesalius.learners.denoiser.samplers import Transport
from vesalius.learners.pretrained import Pretrained
from vesalius.learners.training import Regime
from vesalius.metrics import METRICS
from vesalius.nets.resnet import ResNet
from vesalius.tasks import Measure, Split, Task
from vesalius.trials import Arms, Trial, run_trial, verify

PARTS = [TRAIN[:12], VALIDATION[:4], TEST[:6]]


class Stripes:
    name, tier, description = "stripes", "simulator", "stripes on either side"

    def records(self):
        return [record for part in PARTS for record in part]


def network():
    return ResNet(1, len(CLASSES), widths=(4, 8))


def classifier(make, seed, steps=5):
    return Classifier(make, regime=Regime(steps=steps, learning_rate=1e-2, checks=2), seed=seed, batch=4)


def one_phase(seed):
    return classifier(network, seed)


def two_phases(seed):
    pretext = MomentumContrastImages(
        encoder=lambda net: nn.Sequential(net.stem, *net.stages),
        size=16,
        batch=4,
        regime=Regime(steps=5, learning_rate=1e-2),
        queue=8,
    )
    return Pretrained(network, pretext=pretext, downstream=lambda make: classifier(make, seed), seed=seed, target="label")


def federated(seed):
    return federation(rounds=2, clients=2)


def equal_names(seed):
    denoiser = Denoiser(replace(SHORT, batch=4), Transport(), evaluations=2, seed=seed)
    return Judged(denoiser, classifier(network, seed))


def trial_of(build):
    task = Task(
        name="stripes",
        family="classification",
        source=Stripes(),
        inputs=("image",),
        target="label",
        split=lambda records: Split(*PARTS),
        measures=(Measure(METRICS["log_loss"], margin=0.05),),
    )
    arms = Arms({"trained": build}, {"shorter": lambda seed: classifier(network, seed, steps=2)})
    return Trial(name="stripes", tasks=(task,), arms=lambda task: arms, seeds=(0, 1))


def kept(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.glob("cells/**/*") if path.is_file()}


@pytest.mark.parametrize(
    ("build", "stop"),
    [(one_phase, 4), (two_phases, 4), (two_phases, 8), (federated, 2), (federated, 11), (equal_names, 2), (equal_names, 6)],
)
def test_a_cell_that_is_stopped_in_training_goes_on_to_equal_files(tmp_path, stop_after, build, stop):
    generator._trained.cache_clear()  # as in a new process
    whole = run_trial(trial_of(build), out=tmp_path / "whole")
    needed, stop_after["done"], stop_after["stop"] = stop_after["done"], 0, 2 + stop
    generator._trained.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        run_trial(trial_of(build), out=tmp_path / "stopped")
    folder = tmp_path / "stopped" / whole.folder.name
    assert list(folder.glob("checkpoints/stripes/trained/0/*.safetensors"))
    assert not list(folder.glob("checkpoints/stripes/shorter/*"))
    generator._trained.cache_clear()
    resumed = run_trial(trial_of(build), out=tmp_path / "stopped")
    assert stop_after["done"] == needed, "a step was taken twice"
    different = {path.name for path, content in kept(whole.folder).items() if kept(resumed.folder)[path] != content}
    assert different == {"cost.json"}
    assert resumed.finding.digest() == whole.finding.digest()
    assert not (resumed.folder / "checkpoints").exists()
    assert verify(resumed.folder) == []


def test_the_seconds_of_a_cell_are_those_of_all_its_attempts(tmp_path, stop_after):
    stop_after["stop"] = 4
    with pytest.raises(KeyboardInterrupt):
        run_trial(trial_of(one_phase), out=tmp_path)
    (spent,) = tmp_path.glob(f"*/checkpoints/stripes/trained/0/{SPENT}")
    assert 0 < json.loads(spent.read_text()) < 100
    spent.write_text("100.0")
    folder = run_trial(trial_of(one_phase), out=tmp_path).folder
    seconds = {
        seed: json.loads((folder / f"cells/stripes/trained/{seed}/cost.json").read_text())["fit_seconds"] for seed in (0, 1)
    }
    assert seconds[0] > 100 > seconds[1]


def test_a_learner_without_torch_does_not_load_it(tmp_path):
    code = (
        "import sys; from pathlib import Path;"
        "from tests.trials.toys import question_trial; from vesalius.trials import run_trial;"
        "run_trial(question_trial(), out=Path(sys.argv[1])); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], cwd=Path(__file__).parents[2], check=True)
