import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trials.toys import Guesser, question_task, question_trial
from vesalius.errors import UserError
from vesalius.tasks import Split
from vesalius.trials import Arms, Trial, run_trial, verify
from vesalius.trials.cell import execute
from vesalius.trials.store import Store


def digest(run):
    return run.finding.digest()


def test_a_planted_difference_is_found(tmp_path):
    finding = run_trial(question_trial(0.9, 0.5), out=tmp_path).finding
    (comparison,) = finding.comparisons
    assert comparison.verdict == "better"
    assert comparison.difference.low < 0.9 - 0.9 * 0.5 < comparison.difference.high


def test_equal_arms_are_not_called_different(tmp_path):
    arms = Arms({"one": lambda seed: Guesser(seed, 0.7)}, {"other": lambda seed: Guesser(seed, 0.7)})
    trial = Trial(name="toy", tasks=(question_task(),), arms=lambda task: arms, seeds=(0, 1))
    assert run_trial(trial, out=tmp_path).finding.comparisons[0].verdict in ("tied", "undecided")


def test_refusals_are_counted_and_earn_nothing(tmp_path):
    finding = run_trial(question_trial(), out=tmp_path).finding
    poor = next(score for score in finding.scores if score.arm == "poor")
    assert poor.outcomes["refused"] > 0
    assert sum(poor.outcomes.values()) == 60 * 3


def test_the_same_trial_has_the_same_address_and_another_has_another(tmp_path):
    first, again = run_trial(question_trial(), out=tmp_path / "a"), run_trial(question_trial(), out=tmp_path / "b")
    assert first.folder.name == again.folder.name
    assert digest(first) == digest(again)
    others = (question_trial(learner=0.8), question_trial(seeds=(0, 1)), question_trial(n=59))
    assert first.folder.name not in {run_trial(other, out=tmp_path).folder.name for other in others}


class Unreached(Guesser):
    """Asks a server that does not answer while it is down."""

    down = True

    def predict(self, records):
        said = super().predict(records)
        return [replace(one, value=None, outcome="failed") for one in said] if self.down else said


def test_answers_that_could_not_be_had_are_asked_for_again(tmp_path, monkeypatch):
    arms = Arms({"one": lambda seed: Unreached(seed, 0.7)}, {"other": lambda seed: Guesser(seed, 0.7)})
    trial = Trial(name="toy", tasks=(question_task(),), arms=lambda task: arms, seeds=(0,))
    failed = {score.arm: score.outcomes for score in run_trial(trial, out=tmp_path).finding.scores}
    assert failed["one"] == {"failed": 60}
    ran = []
    monkeypatch.setattr("vesalius.trials.engines.local.execute", lambda *given: ran.append(given[1].arm) or execute(*given))
    monkeypatch.setattr(Unreached, "down", False)
    again = run_trial(trial, out=tmp_path)
    assert ran == ["one"] and all("failed" not in score.outcomes for score in again.finding.scores)
    assert verify(again.folder) == []


def test_finished_cells_are_not_run_again(tmp_path, monkeypatch):
    trial = question_trial()
    ran = []

    def stop_after_three(*arguments):
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append(arguments[1])
        return execute(*arguments)

    monkeypatch.setattr("vesalius.trials.engines.local.execute", stop_after_three)
    with pytest.raises(KeyboardInterrupt):
        run_trial(trial, out=tmp_path)
    monkeypatch.setattr("vesalius.trials.engines.local.execute", lambda *a: ran.append(a[1]) or execute(*a))
    resumed = run_trial(trial, out=tmp_path)
    assert sorted(map(str, ran)) == sorted(map(str, trial.cells()))
    assert digest(resumed) == digest(run_trial(trial, out=tmp_path / "whole"))


KILLED = """
import sys, time
from pathlib import Path
import vesalius.trials.engines.local as local
from tests.trials.toys import question_trial
from vesalius.trials import run_trial
from vesalius.trials.cell import execute
local.execute = lambda *a: (time.sleep(0.15), execute(*a))[1]
run_trial(question_trial(), out=Path(sys.argv[1]))
"""


@pytest.mark.parametrize("cells", [0, 2, 5])
def test_a_killed_run_resumes_to_the_same_finding(tmp_path, cells):
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "killed")], cwd=root)
    while process.poll() is None and len(list(tmp_path.glob("killed/*/cells/*/*/*"))) < cells:
        time.sleep(0.01)
    process.kill()
    process.wait()
    (next((tmp_path / "killed").iterdir()) / ".draft-left").mkdir() if cells else None
    left = {path: path.stat().st_mtime_ns for path in tmp_path.glob("killed/*/cells/*/*/*")}
    assert len(left) < 6
    resumed = run_trial(question_trial(), out=tmp_path / "killed")
    assert all(path.stat().st_mtime_ns == then for path, then in left.items())
    assert digest(resumed) == digest(run_trial(question_trial(), out=tmp_path / "whole"))
    assert verify(resumed.folder) == []
    assert not list(resumed.folder.glob(".draft*"))


def test_ray_gives_the_same_finding_bit_for_bit(tmp_path):
    ray = pytest.importorskip("ray", reason="the Ray extra is not installed")
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": str(Path(__file__).parents[2])}},
    )
    try:
        far = run_trial(question_trial(), out=tmp_path / "ray", engine_name="ray")
    finally:
        ray.shutdown()
    near = run_trial(question_trial(), out=tmp_path / "local")
    assert digest(far) == digest(near)
    assert all(
        (near.folder / path.relative_to(far.folder)).read_bytes() == path.read_bytes() for path in far.folder.rglob("*.parquet")
    )


def test_a_learner_that_skips_a_record_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Guesser, "predict", lambda self, records: [self._answer(record.id) for record in records[1:]])
    with pytest.raises(UserError, match=r"'poor'.*one prediction a record"):
        run_trial(question_trial(), out=tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out"):
        run_trial(question_trial(), out=tmp_path / "file" / "runs")


def test_commit_leaves_nothing_when_it_fails(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(TypeError):
        store.commit(tmp_path / "cell", {"good": b"1", "bad": None})
    assert not (tmp_path / "cell").exists()
    store.clean()
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_write_into_one_run(tmp_path, monkeypatch):
    def start_a_second(*arguments):
        with pytest.raises(UserError, match="another process"):
            run_trial(question_trial(), out=tmp_path)
        return execute(*arguments)

    monkeypatch.setattr("vesalius.trials.engines.local.execute", start_a_second)
    assert verify(run_trial(question_trial(), out=tmp_path).folder) == []


def test_a_builder_gets_the_seed_and_leaves_the_test_records_alone(tmp_path):
    built = []

    class Recorder:
        def build(self, records, seed):
            built.append((len(records), seed))
            return records

    trial = question_trial(seeds=(3, 5))
    task = replace(trial.tasks[0], builder=Recorder(), split=lambda records: Split(records[:6], records[6:9], records[9:]))
    run_trial(replace(trial, tasks=(task,)), out=tmp_path)
    assert set(built) == {(6, 3), (3, 3), (6, 5), (3, 5)}
