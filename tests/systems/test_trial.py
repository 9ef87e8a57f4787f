import pytest

from vesalius import catalogue
from vesalius.errors import UserError
from vesalius.language.models import TAG, base_folder, opened
from vesalius.systems.trial import trial_of


def test_the_weights_of_the_model_are_part_of_a_trial_and_another_model_reaches_its_tasks():
    system = catalogue.system("m1")
    shipped = trial_of(system, size="smoke")
    named = trial_of(system, size="smoke", model=str(base_folder()))
    assert shipped.settings["model"].startswith("resident@") and TAG not in shipped.tasks[0].tags
    assert named.settings["model"] == shipped.settings["model"]
    assert all(task.tags[TAG] == str(base_folder()) for task in named.tasks)


def test_a_model_is_refused_where_none_is_taken():
    with pytest.raises(UserError, match="not built on a language model"):
        trial_of(catalogue.system("recov"), size="smoke", model="resident")


def test_a_model_is_asked_in_conversation_where_it_is_not_trained():
    trial = trial_of(catalogue.system("m1"), size="smoke", model="resident", chat=True)
    assert trial.settings["model"].endswith("in conversation")
    assert opened(trial.tasks[0].tags[TAG]).identity == trial.settings["model"]
    with pytest.raises(UserError, match="name the model"):
        trial_of(catalogue.system("m1"), size="smoke", chat=True)
    with pytest.raises(UserError, match="--chat: this system trains"):
        trial_of(catalogue.system("me-llama"), size="smoke", model="resident", chat=True)


def test_a_server_is_refused_before_anything_is_asked_where_the_model_is_trained():
    with pytest.raises(UserError, match="training needs a folder"):
        trial_of(catalogue.system("med-prm"), size="smoke", model="http://localhost:1/v1#m")


def test_a_server_is_told_further_fields_which_are_part_of_a_trial():
    system, model = catalogue.system("m1"), "http://localhost:1/v1#m"
    trial = trial_of(system, size="smoke", model=model, chat=True, request={"temperature": None}, per_minute=30)
    assert "with [('temperature', None)] in conversation" in trial.settings["model"]
    assert opened(trial.tasks[0].tags[TAG]).identity == trial.settings["model"]
    with pytest.raises(UserError, match="no server"):
        trial_of(system, size="smoke", model="resident", request={"top_k": 20})
    with pytest.raises(UserError, match="--request, --per-minute: name the model"):
        trial_of(system, size="smoke", per_minute=30)
