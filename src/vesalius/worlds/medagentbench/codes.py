"""Codes and units of the bench: what its charts are written in and its tasks name."""

from dataclasses import dataclass
from datetime import UTC, datetime

NOW = datetime(2023, 11, 13, 10, 15, tzinfo=UTC)
"""The moment at which every task begins, as in the paper."""

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
NDC = "http://hl7.org/fhir/sid/ndc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
FLOWSHEET = "urn:vesalius:flowsheet"
MRN = "urn:vesalius:mrn"

ORTHOPAEDIC_REFERRAL = "306181000000106"
MAGNESIUM_INFUSION = "0338-1715-40"
POTASSIUM_TABLET = "40032-917-01"


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory test.

    Attributes:
        short: its code in this hospital, which tasks name.
        loinc: its code elsewhere.
        name: in words.
        unit: in UCUM.
        usual, spread: mean and standard deviation over patients.
        digits: after the point.
    """

    short: str
    loinc: str
    name: str
    unit: str
    usual: float
    spread: float
    digits: int


MAGNESIUM = Lab("MG", "19123-9", "serum magnesium", "mg/dL", 2.1, 0.2, 1)
POTASSIUM = Lab("K", "2823-3", "serum potassium", "mmol/L", 4.2, 0.4, 1)
GLUCOSE = Lab("GLU", "41653-7", "capillary blood glucose (CBG)", "mg/dL", 140.0, 35.0, 0)
HBA1C = Lab("A1C", "4548-4", "HbA1c", "%", 6.4, 1.1, 1)
SODIUM = Lab("NA", "2951-2", "serum sodium", "mmol/L", 139.0, 3.0, 0)
CREATININE = Lab("CRE", "2160-0", "serum creatinine", "mg/dL", 1.0, 0.25, 2)

USUAL_TESTS = (SODIUM, CREATININE)
"""Tests of everybody."""

ASKED_TESTS = (MAGNESIUM, POTASSIUM, GLUCOSE, HBA1C)
"""Tests that tasks are about, which some patients never had."""
