"""Intervals, paired and clustered tests, multiplicity, power, equivalence and verdicts; numpy and scipy only."""

from vesalius.statistics.auroc import auroc, compare_auroc, delong
from vesalius.statistics.bootstrap import bootstrap, bootstrap_mean, paired_bootstrap
from vesalius.statistics.concordance import c_index, compare_c_index
from vesalius.statistics.crossed import compare_means, compare_statistics, mean_over_seeds, statistic_over_seeds
from vesalius.statistics.equivalence import non_inferior, tost
from vesalius.statistics.estimate import Difference, Estimate, Test
from vesalius.statistics.hierarchical import hierarchical_bootstrap
from vesalius.statistics.multiplicity import benjamini_hochberg, holm
from vesalius.statistics.paired import compare_binary, mcnemar, permutation, wilcoxon
from vesalius.statistics.power import (
    power_paired_binary,
    power_paired_mean,
    sample_size_paired_binary,
    sample_size_paired_mean,
    smallest_detectable,
    smallest_detectable_binary,
)
from vesalius.statistics.proportions import clopper_pearson, tango, tango_test, wilson
from vesalius.statistics.ranking import Ranking, significance_ranking
from vesalius.statistics.tables import WinTieLoss, win_tie_loss
from vesalius.statistics.verdicts import Verdict, decide

__all__ = [
    "Difference",
    "Estimate",
    "Ranking",
    "Test",
    "Verdict",
    "WinTieLoss",
    "auroc",
    "benjamini_hochberg",
    "bootstrap",
    "bootstrap_mean",
    "c_index",
    "clopper_pearson",
    "compare_auroc",
    "compare_binary",
    "compare_c_index",
    "compare_means",
    "compare_statistics",
    "decide",
    "delong",
    "hierarchical_bootstrap",
    "holm",
    "mcnemar",
    "mean_over_seeds",
    "non_inferior",
    "paired_bootstrap",
    "permutation",
    "power_paired_binary",
    "power_paired_mean",
    "sample_size_paired_binary",
    "sample_size_paired_mean",
    "significance_ranking",
    "smallest_detectable",
    "smallest_detectable_binary",
    "statistic_over_seeds",
    "tango",
    "tango_test",
    "tost",
    "wilcoxon",
    "wilson",
    "win_tie_loss",
]
