from functools import partial

import numpy as np
import pytest
from tests.language.exams import exam
from tests.language.local.conftest import save_model

from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.choices import NEXT_QUESTION
from vesalius.learners.language_model.adapted import Adapted
from vesalius.learners.language_model.policy import optimisation
from vesalius.learners.language_model.policy.methods import GroupRelative, Proximal
from vesalius.learners.language_model.policy.optimisation import Practice
from vesalius.learners.language_model.policy.rewards import right_option, right_option_in_form
from vesalius.learners.language_model.policy.rollouts import roll_out
from vesalius.learners.language_model.policy.tuning import Reinforced, Supervised
from vesalius.learners.prompted import Prompted

PRACTICE = Practice(steps=2, prompts=2, samples=3, max_tokens=6, learning_rate=1e-3, penalty=0.01, updates_a_step=2)
WAYS = {
    "group-relative": Reinforced(method=GroupRelative, rule=right_option, practice=PRACTICE),
    "proximal": Reinforced(method=Proximal, rule=right_option_in_form, practice=PRACTICE),
}


def learner(folder, tune):
    ask = partial(Prompted, protocol="chain of thought", sampling=Sampling(max_tokens=6))
    return Adapted(lambda: folder, tune, seed=0, ask=ask)


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
@pytest.mark.parametrize("tune", WAYS.values(), ids=WAYS)
def test_models_of_other_forms_are_tuned_saved_and_read_by_plain_transformers(tmp_path, kind, tune):
    from transformers import AutoModelForCausalLM

    folder = save_model(kind, tmp_path)
    trained = learner(folder, tune)
    trained.fit(exam(4), ())
    history = trained.histories["reinforcement"]
    assert len(history.losses) == PRACTICE.updates
    assert set(history.curves) == {"reward", "tokens", "divergence", "right", "in form", "direct"}
    assert all(len(curve) == PRACTICE.steps for curve in history.curves.values())
    (tmp_path / "saved").mkdir()
    trained.save(tmp_path / "saved")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "saved" / "model")
    for name, value in plain.state_dict().items():
        np.testing.assert_array_equal(value, trained.network.state_dict()[name])
    restored = learner(folder, tune)
    restored.load(tmp_path / "saved")
    assert [one.raw for one in restored.predict(exam(3))] == [one.raw for one in trained.predict(exam(3))]


def test_practice_ends_a_sample_where_the_test_does(tmp_path, monkeypatch):
    stops = []

    def noting(*asked, **options):
        stops.append(options["stop"])
        return roll_out(*asked, **options)

    monkeypatch.setattr(optimisation, "roll_out", noting)
    learner(save_model("llama", tmp_path), WAYS["group-relative"]).fit(exam(4), ())
    assert stops == [NEXT_QUESTION] * PRACTICE.steps


def test_supervision_takes_as_many_updates_and_no_chains(tmp_path):
    trained = learner(save_model("llama", tmp_path), Supervised(steps=3, batch=2, learning_rate=1e-3))
    trained.fit(exam(4), ())
    assert len(trained.histories["fine-tuning"].losses) == 3


def test_a_question_without_its_answer_is_said_so(tmp_path):
    from tests.language.exams import record

    with pytest.raises(UserError, match="'answer'"):
        learner(save_model("llama", tmp_path), WAYS["proximal"]).fit([record(1)], ())
