"""Survival metrics beside scikit-survival and lifelines."""

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics import censored, censored_brier, survival, survival_auc
from vesalius.metrics.metric import METRICS

Floats = NDArray[np.float64]

BEFORE_THE_EVENT = (
    "scikit-survival weights an event with 1/G(T), here it is 1/G(T-): an event at T is seen if censoring comes at T or later, "
    "which has probability G(T-) (Graf et al. 1999). Only with it do the weights sum to n. Equal if no event and censoring share "
    "a time."
)
CLOSE_RISKS = "scikit-survival takes risks within 1e-8 for equal; here only equal ones are, for the unit of a risk is free."
MOVED = "Shown by scikit-survival itself: with the censorings moved to just after the events they tie with, it gives our value."


class Cohort(NamedTuple):
    """Truths n×2, risks n, and survival n×T at times T."""

    truths: Floats
    risks: Floats
    survival: Floats
    times: Floats


def agreements() -> Iterator[Agreement]:
    """Every survival metric that an installed peer has."""
    untied, tied = {"random": random_cohorts()}, {"random with ties": random_cohorts(ties=True)}
    real = real_cohorts() if find_spec("sksurv") else {}
    if find_spec("sksurv"):
        for name, cohorts in {**untied, **tied, **real}.items():
            yield from _with_scikit_survival(name, cohorts)
        for name, cohorts in tied.items():
            yield from _with_scikit_survival(f"{name}, censorings moved behind", cohorts, moved=1e-6)
        yield from _close_risks()
    if find_spec("lifelines"):
        for name, cohorts in {**untied, **tied, **real}.items():
            yield from _with_lifelines(name, cohorts)


def random_cohorts(*, ties: bool = False) -> list[Cohort]:
    """Exponential times and censoring, risks that tell something, survival that is not calibrated."""
    found = []
    for n in (40, 300, 3000):
        rng = np.random.default_rng(n)
        hazard = rng.normal(size=n)
        time, censoring = rng.exponential(np.exp(-hazard)), rng.exponential(2, n)
        observed = np.minimum(time, censoring)
        if ties:
            observed = np.ceil(observed * 5) / 5
        found.append(_predicted(np.column_stack([observed, time <= censoring]), hazard + rng.normal(size=n), ties=ties))
    return found


def _predicted(truths: Floats, risks: Floats, *, ties: bool = False) -> Cohort:
    risks = risks.round(1) if ties else risks
    times = np.unique(np.quantile(truths[truths[:, 1] == 1, 0], [0.2, 0.4, 0.6, 0.8]))
    baseline = -np.log(censored.kaplan_meier(truths).at(times))
    return Cohort(truths, risks, np.exp(-np.exp(risks - risks.mean())[:, None] * baseline), times)


def real_cohorts() -> dict[str, list[Cohort]]:
    """Cohorts in scikit-survival, with the risk of a Cox model of their numeric columns, fitted to every other record."""
    from sksurv.datasets import load_gbsg2, load_veterans_lung_cancer, load_whas500
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    found = {}
    for name, load in (("GBSG2", load_gbsg2), ("WHAS500", load_whas500), ("veterans' lung cancer", load_veterans_lung_cancer)):
        table, outcome = load()
        features = table.select_dtypes("number").to_numpy(float)
        features = (features - features.mean(0)) / features.std(0)
        event, time = outcome.dtype.names
        model = CoxPHSurvivalAnalysis(alpha=0.1).fit(features[::2], outcome[::2])
        truths = np.column_stack([outcome[time], outcome[event]]).astype(float)
        found[f"Cox model on {name}"] = [_predicted(truths, np.asarray(model.predict(features)))]
    return found


def _both_at_one_time(cohorts: list[Cohort]) -> bool:
    """Whether an event and a censoring share a time."""
    return any(np.intersect1d(*(truths[truths[:, 1] == kind, 0] for kind in (0, 1))).size > 0 for truths, *_ in cohorts)


def _close_risks() -> Iterator[Agreement]:
    from sksurv.metrics import concordance_index_censored

    truths, risks = np.array([[1.0, 1], [2.0, 1], [3.0, 0]]), np.array([3e-9, 2e-9, 1e-9])
    theirs = concordance_index_censored(truths[:, 1] == 1, truths[:, 0], risks)[0]
    ours = survival.c_index(risks, truths)
    yield agreement(_identity("c_index"), "scikit-survival", "risks of 1e-9", [ours], [theirs], note=CLOSE_RISKS)


def _with_scikit_survival(name: str, cohorts: list[Cohort], *, moved: float = 0.0) -> Iterator[Agreement]:
    """With ``moved`` the peer, not we, sees every censoring that much and every asked time twice that much later."""
    from sksurv import metrics
    from sksurv.util import Surv

    pairs: dict[str, list[tuple[Any, Any]]] = {}

    def beside(metric: str, ours: Any, theirs: Any) -> None:
        pairs.setdefault(metric, []).extend(zip(np.ravel(ours), np.ravel(theirs), strict=True))

    for truths, risks, said, times in cohorts:
        events, observed = truths[:, 1] == 1, truths[:, 0]
        y = Surv.from_arrays(events, observed + moved * ~events)
        asked = times + 2 * moved
        tau = min(float(observed[events].max()), float(np.quantile(observed, 0.9)))
        if not moved:
            for metric, both in _curves(truths).items():
                beside(metric, *both)
        beside("c_index", survival.c_index(risks, truths), metrics.concordance_index_censored(events, y["time"], risks)[0])
        theirs = metrics.concordance_index_ipcw(y, y, risks, tau=tau)[0]
        beside("uno_c", survival.uno_c(risks, truths, tau=tau), theirs)
        areas, mean = metrics.cumulative_dynamic_auc(y, y, risks, asked)
        beside("dynamic_auc_curve", survival_auc.dynamic_auc_curve(risks, truths, times=times).areas, areas)
        beside("cumulative_dynamic_auc", survival_auc.cumulative_dynamic_auc(risks, truths, times=times), mean)
        beside("brier_curve", censored_brier.brier_curve(said, truths, times=times), metrics.brier_score(y, y, said, asked)[1])
        theirs = metrics.integrated_brier_score(y, y, said, asked)
        beside("integrated_brier", censored_brier.integrated_brier(said, truths, times=times), theirs)
    weighted = MOVED if moved else BEFORE_THE_EVENT if _both_at_one_time(cohorts) else ""
    for metric, values in pairs.items():
        note = "" if metric in ("kaplan_meier", "censoring_curve", "c_index") else weighted
        yield agreement(_identity(metric), "scikit-survival", name, *zip(*values, strict=True), note=note)


def _curves(truths: Floats) -> dict[str, tuple[Floats, Floats]]:
    from sksurv.nonparametric import kaplan_meier_estimator

    events, observed = truths[:, 1] == 1, truths[:, 0]
    return {
        "kaplan_meier": (censored.kaplan_meier(truths).survival, kaplan_meier_estimator(events, observed)[1]),
        "censoring_curve": (censored.censoring_curve(truths).survival, kaplan_meier_estimator(events, observed, reverse=True)[1]),
    }


def _identity(name: str) -> str:
    return METRICS[name].identity if name in METRICS else name


def _with_lifelines(name: str, cohorts: list[Cohort]) -> Iterator[Agreement]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter
        from lifelines.utils import concordance_index

    curves: list[tuple[float, float]] = []
    indices = []
    for truths, risks, *_ in cohorts:
        distinct = np.unique(truths[:, 0])
        fitted = KaplanMeierFitter().fit(truths[:, 0], truths[:, 1])
        curves += zip(censored.kaplan_meier(truths).at(distinct), fitted.survival_function_at_times(distinct).to_numpy())
        indices.append((survival.c_index(risks, truths), concordance_index(truths[:, 0], -risks, truths[:, 1])))
    yield agreement("kaplan_meier", "lifelines", name, *zip(*curves, strict=True))
    yield agreement(_identity("c_index"), "lifelines", name, *zip(*indices, strict=True))
