"""Finished runs of every family, made once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report import toys
from vesalius.trials.run import run_trial


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the folder of a finished run of that family."""
    trials = {
        "segmentation": toys.segmentation_trial,
        "volumes": toys.volumes_trial,
        "choices": toys.choices_trial,
        "several": lambda: toys.choices_trial(tasks=5),
        "many": lambda: toys.choices_trial(tasks=15),
        "classification": lambda: toys.cohort_trial("label"),
        "survival": lambda: toys.cohort_trial("survival"),
    }
    out = tmp_path_factory.mktemp("runs")
    made: dict[str, Path] = {}

    def give(name: str) -> Path:
        if name not in made:
            made[name] = run_trial(trials[name](), out=out).folder
        return made[name]

    return give
