import pytest

from tests.language.exams import exam
from tests.language.local.conftest import save_model
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.local import Local
from vesalius.language.tree_of_thoughts import TreeOfThoughts
from vesalius.learners.from_tree import FromTree, Lessons
from vesalius.learners.language_model.adapted import Adapted
from vesalius.learners.prompted import Prompted
from vesalius.learners.quantised import opened_int4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_model("llama", tmp_path_factory.mktemp("llama"))


def surprises(backend):
    scored = backend.score(["the heart is a"], [(" drug", " organ", " liver")])[0]
    return [one.log_probability for one in scored.likelihoods]


def test_a_rounded_model_answers_otherwise_and_says_that_it_is_rounded(folder):
    rounded, plain = opened_int4(str(folder), 8), Local(folder)
    found, before = surprises(rounded), surprises(plain)
    assert found != before and max(abs(a - b) for a, b in zip(found, before, strict=True)) < 3
    assert rounded.identity == f"{plain.identity}+int4/8"


def test_a_model_is_rounded_once_and_its_file_stays(folder):
    before = Local(folder).identity
    assert opened_int4(str(folder), 8) is opened_int4(str(folder), 8)
    assert Local(folder).identity == before


def test_the_weights_of_a_server_are_out_of_reach():
    with pytest.raises(UserError, match="server's weights"):
        opened_int4("http://localhost:1#model")


def test_a_student_learns_from_the_trees_of_a_rounded_teacher(folder, tmp_path):
    tree = TreeOfThoughts(width=2, beam=1, depth=2, step_tokens=4)
    tune = FromTree(teacher=lambda: opened_int4(str(folder), 8), tree=tree, lessons=Lessons(steps=2, learning_rate=1e-2, batch=2))
    records = exam(12)
    ask = lambda backend: Prompted(backend, protocol="letter", sampling=Sampling())  # noqa: E731
    student = Adapted(lambda: folder, tune, ask=ask, seed=0)
    student.fit(records, [])
    said = [one.raw for one in student.predict(records)]
    assert student.trained_parameters > 1000 and said != [one.raw for one in Prompted(lambda: Local(folder)).predict(records)]
    student.save(tmp_path)
    again = Adapted(lambda: folder, tune, ask=ask, seed=1)
    again.load(tmp_path)
    assert [one.raw for one in again.predict(records)] == said
