"""Evidence for a question: asking a corpus, choosing what to read, and reading it before answering."""

from vesalius.language.evidence.context import with_evidence
from vesalius.language.evidence.queries import AsAsked, Generated, Queries, QueryMaker, Several
from vesalius.language.evidence.reading import ReadFirst
from vesalius.language.evidence.refining import Refined, question_gain
from vesalius.language.evidence.selecting import ByUncertainty, Chosen, First, Selector, union
from vesalius.language.evidence.uncertainty import Belief, beliefs, entropy

__all__ = [
    "AsAsked",
    "Belief",
    "ByUncertainty",
    "Chosen",
    "First",
    "Generated",
    "Queries",
    "QueryMaker",
    "ReadFirst",
    "Refined",
    "Selector",
    "Several",
    "beliefs",
    "entropy",
    "question_gain",
    "union",
    "with_evidence",
]
