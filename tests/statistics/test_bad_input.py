import subprocess
import sys

import numpy as np
import pytest

import vesalius.statistics as s

NAN, NONE, SOME, BITS = [0.1, np.nan], [], [0.1, 0.4, 0.3, 0.9], [0, 1, 0, 1]
TWO_SEEDS = [SOME, SOME]


def first_value(*arrays):
    return float(np.ravel(arrays[0])[0])


BAD = {
    "proportion without records": lambda: s.wilson(0, 0),
    "more successes than records": lambda: s.wilson(5, 4),
    "successes that are no count": lambda: s.clopper_pearson(0.5, 4),
    "level of 1": lambda: s.wilson(2, 4, level=1),
    "level in percent": lambda: s.clopper_pearson(2, 4, level=95),
    "more discordant pairs than pairs": lambda: s.tango(3, 2, 4),
    "null difference of 1": lambda: s.tango_test(1, 1, 4, null=1),
    "bootstrap of nothing": lambda: s.bootstrap(np.mean, NONE),
    "bootstrap without arrays": lambda: s.bootstrap(np.mean),
    "bootstrap of different lengths": lambda: s.bootstrap(first_value, SOME, SOME[:3]),
    "bootstrap of NaN": lambda: s.bootstrap(np.mean, NAN),
    "bootstrap of one cluster": lambda: s.bootstrap(np.mean, SOME, clusters=[1, 1, 1, 1]),
    "bootstrap with few resamples": lambda: s.bootstrap(np.mean, SOME, resamples=10),
    "bootstrap of an undefined statistic": lambda: s.bootstrap(lambda x: np.nan, SOME),
    "mean of NaN": lambda: s.bootstrap_mean(NAN),
    "mean of a matrix": lambda: s.bootstrap_mean(TWO_SEEDS),
    "mean of text": lambda: s.bootstrap_mean(["a", "b"]),
    "mean of one cluster": lambda: s.bootstrap_mean(SOME, clusters=list("aaaa")),
    "clusters of another length": lambda: s.bootstrap_mean(SOME, clusters=[1, 2]),
    "clusters with NaN": lambda: s.bootstrap_mean(SOME, clusters=[1, 2, 3, np.nan]),
    "clusters with None": lambda: s.bootstrap_mean(SOME, clusters=["a", "b", None, "c"]),
    "pairs of different lengths": lambda: s.paired_bootstrap(SOME, SOME[:3]),
    "negative margin": lambda: s.paired_bootstrap(SOME, SOME[::-1], margin=-0.1),
    "margin of NaN": lambda: s.compare_means(SOME, SOME, margin=np.nan),
    "seeds of NaN": lambda: s.mean_over_seeds([SOME, [1, 2, 3, np.nan]]),
    "seeds of uneven length": lambda: s.mean_over_seeds([[1, 2], [1]]),
    "no seeds": lambda: s.mean_over_seeds([]),
    "one seed and one cluster": lambda: s.mean_over_seeds(SOME, clusters=[1, 1, 1, 1]),
    "one seed and one record": lambda: s.compare_means([1.0], [0.0]),
    "arms with different seeds": lambda: s.compare_means(TWO_SEEDS, [SOME]),
    "infinite scores": lambda: s.compare_means([np.inf, 1], [0, 1]),
    "statistic of no seeds": lambda: s.statistic_over_seeds(lambda i, r: 0.5, 0, 4),
    "statistic of no records": lambda: s.statistic_over_seeds(lambda i, r: 0.5, 2, 0),
    "statistic of one cluster": lambda: s.statistic_over_seeds(lambda i, r: 0.5, 2, 4, clusters=[1, 1, 1, 1]),
    "undefined statistic": lambda: s.compare_statistics(lambda i, r: np.nan, lambda i, r: 0.5, 2, 4),
    "hierarchical bootstrap of NaN": lambda: s.hierarchical_bootstrap([NAN]),
    "hierarchical bootstrap of one cluster": lambda: s.hierarchical_bootstrap(TWO_SEEDS, clusters=[1, 1, 1, 1]),
    "McNemar of scores": lambda: s.mcnemar(SOME, BITS),
    "McNemar of nothing": lambda: s.mcnemar(NONE, NONE),
    "McNemar of different lengths": lambda: s.mcnemar(BITS, BITS[:3]),
    "binary comparison of scores": lambda: s.compare_binary(BITS, SOME),
    "permutation of NaN": lambda: s.permutation(NAN, NAN),
    "permutation of one cluster": lambda: s.permutation(SOME, BITS, clusters=[1, 1, 1, 1]),
    "Wilcoxon of different lengths": lambda: s.wilcoxon(SOME, SOME[:2]),
    "AUROC of scores as truth": lambda: s.auroc(SOME, SOME),
    "AUROC of NaN": lambda: s.auroc([0, 1], NAN),
    "DeLong of one positive": lambda: s.delong([0, 0, 1], [1, 2, 3]),
    "DeLong of different lengths": lambda: s.compare_auroc(BITS, SOME, SOME[:3]),
    "C-index of events that are no events": lambda: s.c_index(SOME, SOME, SOME),
    "C-index of NaN": lambda: s.c_index(NAN, [0, 1], [0, 1]),
    "C-index without an event": lambda: s.compare_c_index(SOME, [0, 0, 0, 0], SOME, SOME),
    "p above 1": lambda: s.holm([0.1, 1.2]),
    "no p": lambda: s.benjamini_hochberg([]),
    "TOST without error": lambda: s.tost(0.1, 0.0, 10, 0.2),
    "TOST of NaN": lambda: s.tost(np.nan, 0.1, 10, 0.2),
    "no margin of inferiority": lambda: s.non_inferior(0.1, 0.1, 10, 0.0),
    "degrees of freedom of 0": lambda: s.smallest_detectable(0.1, 0),
    "power of 1": lambda: s.smallest_detectable(0.1, 10, power=1),
    "power of one pair": lambda: s.power_paired_mean(0.1, 1, 1),
    "sample size for no difference": lambda: s.sample_size_paired_mean(0.0, 1),
    "difference above the discordance": lambda: s.power_paired_binary(0.1, 0.2, 100),
    "sample size beyond practice": lambda: s.sample_size_paired_mean(1e-9, 1),
    "verdict of NaN": lambda: s.decide(0.1, p=np.nan, p_equivalence=np.nan),
    "verdict at alpha 0": lambda: s.decide(0.1, p=0.1, p_equivalence=0.1, alpha=0),
    "table of nothing": lambda: s.win_tie_loss({}),
    "table of another word": lambda: s.win_tie_loss({"a": "draw"}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_one_sentence(name):
    with pytest.raises(ValueError) as refusal:
        BAD[name]()
    told = str(refusal.value)
    assert told.endswith(".")
    assert "\n" not in told
    assert len(told) < 250


def test_importing_the_package_loads_no_scipy():
    code = "import sys, vesalius.statistics; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
