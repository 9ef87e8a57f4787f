"""Clinical cohorts that come inside scikit-learn and scikit-survival: one patient a record, covariates and one outcome.

Licences, as the packages state them: scikit-learn (BSD-3-Clause) says of the breast cancer data only that it is a copy of the
set in the UCI repository, which gives it under CC BY 4.0. scikit-survival (GPL-3.0-or-later) states no licence for the single
files; a record names the package's.

Categories become one 0/1 column a level, the first level left out as the reference. Two columns are left out, for they are
known only with the outcome: the length of stay in WHAS500, which death ends, and the cause of death in the light chain cohort.
The latter has 7,874 subjects, of whom the 1,000 with the smallest SHA-256 of their identifier are taken; creatinine is missing
in some, and the tenth of the light chains is left out, for the light chains themselves are there.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics import METRICS
from vesalius.records import Label, Record, Survival, Vector
from vesalius.sources.splits import split_by_hash
from vesalius.tasks import Measure, Task, Tier

if TYPE_CHECKING:
    import pandas

Target = Label | Survival

MARGIN = 0.01
"""Difference in any of these metrics below which two models count as equal."""

LABEL_METRICS = ("auroc", "auprc", "brier")
SURVIVAL_METRICS = ("c_index", "uno_c")

LIGHT_CHAIN_SUBJECTS = 1000

UCI_LICENCE = "CC-BY-4.0"
PACKAGE_LICENCE = "GPL-3.0-or-later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """One packaged cohort as a source.

    Attributes:
        name: short name.
        description: one sentence.
        target: the field that holds the outcome: ``label`` or ``survival``.
        licence: of the data.
        load: gives the names of the covariates, their values (patients × covariates, NaN where missing), and the outcomes.

    >>> record = COHORTS["veterans"].records()[0]
    >>> record.id, record.get("survival", Survival).time
    ('veterans-0001', 72.0)
    """

    name: str
    description: str
    target: str
    licence: str
    load: Callable[[], tuple[tuple[str, ...], NDArray[np.float64], Sequence[Target]]]

    @property
    def tier(self) -> Tier:
        """Real data inside a package."""
        return "packaged"

    def records(self) -> list[Record]:
        """One record a patient, in the order of the package, the same in every call."""
        return list(_records(self))


@cache
def _records(cohort: Cohort) -> tuple[Record, ...]:
    names, values_NP, outcomes = cohort.load()
    identifiers = [f"{cohort.name}-{number:04d}" for number in range(1, len(outcomes) + 1)]
    made = [
        Record(id=i, subject_id=i, fields={"covariates": Vector(values, names), cohort.target: outcome}, licence=cohort.licence)
        for i, values, outcome in zip(identifiers, values_NP, outcomes)
    ]
    if cohort.name != "light-chain":
        return tuple(made)
    drawn = sorted(made, key=lambda record: hashlib.sha256(record.id.encode()).digest())[:LIGHT_CHAIN_SUBJECTS]
    return tuple(sorted(drawn, key=lambda record: record.id))


def _breast_cancer() -> tuple[tuple[str, ...], NDArray[np.float64], Sequence[Target]]:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    classes = ("benign", "malignant")
    outcomes = [Label(str(data.target_names[target]), classes) for target in data.target]
    return tuple(map(str, data.feature_names)), np.asarray(data.data, dtype=float), outcomes


def _survival(loader: str, *, without: Sequence[str] = ()) -> tuple[tuple[str, ...], NDArray[np.float64], list[Survival]]:
    """A cohort of scikit-survival: its structured outcomes hold the event first, then the time in days."""
    import sksurv.datasets

    frame, outcomes = getattr(sksurv.datasets, loader)()
    event, time = outcomes.dtype.names
    names, values_NP = encoded(frame.drop(columns=list(without)))
    return names, values_NP, [Survival(float(outcome[time]), bool(outcome[event])) for outcome in outcomes]


def _dead_in_a_year() -> tuple[tuple[str, ...], NDArray[np.float64], Sequence[Target]]:
    """Death within 365 days, known of every patient: the shortest censored follow-up is 368 days."""
    names, values_NP, outcomes = _survival("load_whas500", without=("los",))
    classes = ("alive", "dead")
    return names, values_NP, [Label(classes[int(outcome.event and outcome.time <= 365)], classes) for outcome in outcomes]


def encoded(frame: "pandas.DataFrame") -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Numbers as they are; a category as one 0/1 column a level, without the first.

    Returns:
        names of the columns, and their values, rows × columns; a missing number stays NaN.

    >>> import pandas
    >>> frame = pandas.DataFrame({"age": [60.0, 70.0], "grade": pandas.Categorical(["I", "II"], ["I", "II", "III"])})
    >>> encoded(frame)
    (('age', 'grade=II', 'grade=III'), array([[60.,  0.,  0.], [70.,  1.,  0.]]))
    """
    names: list[str] = []
    columns: list[NDArray[np.float64]] = []
    for name in frame.columns:
        series: Any = frame[name]
        if hasattr(series, "cat"):
            for level in series.cat.categories[1:]:
                names.append(f"{name}={level}")
                columns.append(np.asarray(series == level, dtype=float))
        else:
            names.append(str(name))
            columns.append(np.asarray(series, dtype=float))
    return tuple(names), np.stack(columns, axis=1)


COHORTS: dict[str, Cohort] = {
    cohort.name: cohort
    for cohort in (
        Cohort(
            name="breast-cancer",
            description="569 breast masses by 30 features of nuclei in an aspirate, benign or malignant (Wisconsin, UCI).",
            target="label",
            licence=UCI_LICENCE,
            load=_breast_cancer,
        ),
        Cohort(
            name="heart-attack-year",
            description="500 patients after acute myocardial infarction (WHAS500), dead within a year or alive.",
            target="label",
            licence=PACKAGE_LICENCE,
            load=_dead_in_a_year,
        ),
        Cohort(
            name="heart-attack",
            description="500 patients after acute myocardial infarction (WHAS500), time to death.",
            target="survival",
            licence=PACKAGE_LICENCE,
            load=partial(_survival, "load_whas500", without=("los",)),
        ),
        Cohort(
            name="gbsg2",
            description="686 women with node-positive breast cancer (GBSG 2), time to recurrence or death.",
            target="survival",
            licence=PACKAGE_LICENCE,
            load=partial(_survival, "load_gbsg2"),
        ),
        Cohort(
            name="veterans",
            description="137 men with inoperable lung cancer (Veterans' Administration trial), time to death.",
            target="survival",
            licence=PACKAGE_LICENCE,
            load=partial(_survival, "load_veterans_lung_cancer"),
        ),
        Cohort(
            name="light-chain",
            description=f"{LIGHT_CHAIN_SUBJECTS} of 7,874 residents with an assay of serum free light chains, time to death.",
            target="survival",
            licence=PACKAGE_LICENCE,
            load=partial(_survival, "load_flchain", without=("chapter", "flc.grp")),
        ),
    )
}


def cohort_task(name: str) -> Task:
    """Predict the outcome of a cohort from its covariates: trained on about 60 % of the patients and tested on the rest.

    >>> task = cohort_task("gbsg2")
    >>> task.measures[0].metric.name, len(task.split(task.source.records()).validation)
    ('c_index', 0)
    """
    cohort = COHORTS[name]
    classifies = cohort.target == "label"
    return Task(
        name=name,
        family="classification" if classifies else "survival",
        source=cohort,
        inputs=("covariates",),
        target=cohort.target,
        split=partial(split_by_hash, validation=0.0, test=0.4, salt=name),
        measures=tuple(Measure(METRICS[name], MARGIN) for name in (LABEL_METRICS if classifies else SURVIVAL_METRICS)),
    )
