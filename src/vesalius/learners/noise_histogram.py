"""The noise histogram of ReCoV, and the ways to pick noisy records from it.

ReCoV (Chen, Ramanathan, Xu and Martel 2023, arXiv 2306.13990) repeats a k-fold cross-validation many times, each with other
folds, and counts for every record in how many repetitions it was in the worst fold: the noise histogram. Chance alone puts a
record there in one repetition of k, so one that is there more often is suspected.

The histogram and its making are the abstract's. Of the three ways to pick noisy records from it the abstract says only that
they suit "increasingly complex noise distributions". The three here are those of the analysis scripts that the authors
published with it (github.com/GJiananChen/ReCoV, 2023); that these are the three of the paper is a reading:

1. ``above_band``: more often than the binomial mean plus two standard deviations.
2. ``binomial_tail``: a binomial test of each count, corrected by Benjamini and Hochberg at 5 %.
3. ``mixture_tail``: the Gaussian mixture of the counts that BIC prefers; one component is taken for the clean records, and each
   count is tested against it, corrected in the same way. The scripts take the mixture's first component, whose order is
   arbitrary; here it is the heaviest, for more labels are right than wrong.

Two more readings: a fold's AUROC is that of its probabilities (one script has that of hard classes), and folds are not
stratified (one script's are).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.estimator import covariate_matrix, outcomes
from vesalius.learners.learner import Learner
from vesalius.learners.ridge import cox_scores, logistic_scores
from vesalius.metrics import auroc, c_index
from vesalius.progress import track
from vesalius.records import Record
from vesalius.statistics import benjamini_hochberg

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]

FoldScores = Callable[[Bools], NDArray[np.float64]]
"""From which records each fold holds out [B, N], the performance of each fold [B], NaN where it is undefined."""

Scoring = Callable[[Sequence[Record]], FoldScores]
"""From training records, how to score folds of them."""

Picker = Callable[[Counts, int, int], Bools]
"""From a noise histogram, its repetitions and its folds, which records are noisy."""

BATCH = 20
FALSE_DISCOVERIES = 0.05
MOST_COMPONENTS = 10


def noise_histogram(scores: FoldScores, records: int, *, repetitions: int, folds: int, seed: int) -> Counts:
    """In how many repetitions of a cross-validation each record was in the worst fold.

    Args:
        scores: how each fold performs; one without a defined performance is never the worst.
        records: how many there are.
        repetitions: of the whole cross-validation, each with folds drawn anew.
        folds: of one cross-validation.
        seed: of the folds.

    Raises:
        UserError: if there are fewer records than folds.

    >>> first_record_is_bad = lambda held_out_BN: 1.0 - held_out_BN[:, 0]
    >>> int(noise_histogram(first_record_is_bad, 10, repetitions=7, folds=5, seed=0)[0])
    7
    """
    if records < folds:
        raise UserError(f"{records} training records cannot make {folds} folds; give at least one record a fold.")
    generator = np.random.default_rng(seed)
    places = np.arange(records) % folds
    counts = np.zeros(records, dtype=np.int64)
    starts = range(0, repetitions, BATCH)
    for start in track(starts, "cross-validations", len(starts)):
        drawn = np.stack([generator.permutation(places) for _ in range(min(BATCH, repetitions - start))])
        held_out_RKN = drawn[:, None, :] == np.arange(folds)[:, None]
        performance_RK = scores(held_out_RKN.reshape(-1, records)).reshape(len(drawn), folds)
        judged_R = ~np.isnan(performance_RK).all(axis=1)
        worst_R = np.where(np.isnan(performance_RK), np.inf, performance_RK).argmin(axis=1)
        counts += held_out_RKN[np.arange(len(drawn)), worst_R][judged_R].sum(axis=0)
    return counts


def above_band(counts: Counts, repetitions: int, folds: int) -> Bools:
    """Counts above the mean plus two standard deviations of a record that falls into the worst fold by chance alone.

    >>> above_band(np.array([20, 28, 29]), 100, 5)
    array([False, False,  True])
    """
    chance = 1 / folds
    return np.asarray(counts > repetitions * chance + 2 * np.sqrt(repetitions * chance * (1 - chance)))


def binomial_tail(counts: Counts, repetitions: int, folds: int) -> Bools:
    """Counts too high for chance alone by a binomial test, with 5 % expected false discoveries (Benjamini and Hochberg 1995).

    >>> binomial_tail(np.array([20, 26, 27, 40]), 100, 5)
    array([False, False, False,  True])
    """
    from scipy.stats import binom

    return np.asarray(benjamini_hochberg(binom.sf(counts - 1, repetitions, 1 / folds)) <= FALSE_DISCOVERIES)


def mixture_tail(counts: Counts, repetitions: int, folds: int) -> Bools:
    """Counts too high for the heaviest of the Gaussian components that describe the histogram best (by BIC), tested as above.

    Unlike the binomial tests, it lets clean records differ in how hard they are, and needs no null distribution.

    >>> mixture_tail(np.array([18, 19, 20, 20, 21, 22] * 10 + [58, 60, 62]), 100, 5).nonzero()[0]
    array([60, 61, 62])
    """
    from scipy.stats import norm
    from sklearn.mixture import GaussianMixture

    values = counts[:, None].astype(float)
    most = min(MOST_COMPONENTS, len(np.unique(counts)))
    # Counts are whole numbers: below the variance of rounding (1/12), a component would describe one number.
    mixtures = [GaussianMixture(size, reg_covar=1 / 12, random_state=0).fit(values) for size in range(1, most + 1)]
    best = min(mixtures, key=lambda mixture: float(mixture.bic(values)))
    clean = int(np.argmax(best.weights_))
    tail = norm.sf(counts, loc=best.means_[clean, 0], scale=np.sqrt(best.covariances_[clean, 0, 0]))
    return np.asarray(benjamini_hochberg(tail) <= FALSE_DISCOVERIES)


def learner_scoring(build: Callable[[], Learner], target: str) -> Scoring:
    """Scores of folds with any learner, trained anew for each: AUROC for labels, C-index for survival.

    Args:
        build: makes an untrained learner that answers with a probability or a risk.
        target: the field that holds the outcome.
    """

    def prepare(records: Sequence[Record]) -> FoldScores:
        truths = outcomes(records, target)
        blind = [
            replace(record, fields={name: value for name, value in record.fields.items() if name != target}) for record in records
        ]

        def scores(held_out_BN: Bools) -> NDArray[np.float64]:
            found = []
            for held_out in held_out_BN:
                learner = build()
                learner.fit([record for record, held in zip(records, held_out) if not held], [])
                predictions = learner.predict([record for record, held in zip(blind, held_out) if held])
                found.append(
                    _performance(np.array([prediction.value for prediction in predictions], dtype=float), truths[held_out])
                )
            return np.array(found)

        return scores

    return prepare


def ridge_scoring(target: str) -> Scoring:
    """Scores of folds with ridge logistic or ridge Cox regression, all folds at once: what ``learner_scoring`` gives for them.

    Args:
        target: the field that holds the outcome.
    """

    def prepare(records: Sequence[Record]) -> FoldScores:
        values_NP, truths = covariate_matrix(records), outcomes(records, target)

        def scores(held_out_BN: Bools) -> NDArray[np.float64]:
            if truths.dtype.names:
                predicted_BN = cox_scores(values_NP, truths["time"], truths["event"], held_out_BN)
            else:
                predicted_BN = logistic_scores(values_NP, truths, held_out_BN)
            return np.array([_performance(row[held], truths[held]) for row, held in zip(predicted_BN, held_out_BN)])

        return scores

    return prepare


def _performance(values: NDArray[np.float64], truths: NDArray[Any]) -> float:
    if truths.dtype.names:
        return c_index(values, np.column_stack([truths["time"], truths["event"]]))
    return auroc(values, truths.astype(np.int64))
