"""Records for the four tests of MedRGB: documents before a question, some of no use, some wrong, some of one question each."""

from vesalius.language.medrgb.cases import Case, cases, needed, searched
from vesalius.language.medrgb.integrating import SUB_QUESTIONS, integration_records, sub_questions_of
from vesalius.language.medrgb.models import copier, sceptic
from vesalius.language.medrgb.records import INSUFFICIENT, context_parted, detection, parts, robustness, standard, sufficiency
from vesalius.language.medrgb.sifting import Sifted, evidence_parted

__all__ = [
    "INSUFFICIENT",
    "SUB_QUESTIONS",
    "Case",
    "Sifted",
    "cases",
    "context_parted",
    "copier",
    "detection",
    "evidence_parted",
    "integration_records",
    "needed",
    "parts",
    "robustness",
    "sceptic",
    "searched",
    "standard",
    "sub_questions_of",
    "sufficiency",
]
