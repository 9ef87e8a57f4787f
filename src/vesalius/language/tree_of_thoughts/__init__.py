"""Trees of thoughts: paths of reasoning that branch, are judged at every layer, pruned, and vote."""

from vesalius.language.tree_of_thoughts.evaluators import AskedEvaluator, ChanceEvaluator, Evaluator, LikelihoodEvaluator
from vesalius.language.tree_of_thoughts.paths import Candidate, Judged, Path
from vesalius.language.tree_of_thoughts.tree import Grown, TreeOfThoughts, weighted_vote

__all__ = [
    "AskedEvaluator",
    "Candidate",
    "ChanceEvaluator",
    "Evaluator",
    "Grown",
    "Judged",
    "LikelihoodEvaluator",
    "Path",
    "TreeOfThoughts",
    "weighted_vote",
]
