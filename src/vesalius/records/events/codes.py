"""Codes as ``SYSTEM//CODE``, with short names of systems; the whole address of a system comes back from its name.

A system that has no short name here stands with its address, in which ``/`` and ``%`` are written ``%2F`` and ``%25``, so that
the first ``//`` always divides: ``http:%2F%2Fexample.org%2Flabs//K``. A name that is neither, as in ``LAB//K`` or
``Vital: HR//bpm``, is a system of its own, which FHIR gets as ``urn:vesalius:system:LAB``. A code without a system stands alone,
and ``TEXT//`` is before words that no system has a code for.

Whether a release of a terminology has a code is not looked up. Refused is what no release can have: LOINC and SNOMED CT codes
have check digits, which find a mistyped digit, and codes of ICD-10-CM, RxNorm, CVX and NDC have a form.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

TEXT = "TEXT"
"""Stands where a system does, before words without a code."""

SYSTEMS: Mapping[str, str] = {
    "LOINC": "http://loinc.org",
    "SNOMED": "http://snomed.info/sct",
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10PCS": "http://www.cms.gov/Medicare/Coding/ICD10",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD9CM": "http://hl7.org/fhir/sid/icd-9-cm",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "HCPCS": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "UNII": "http://fdasis.nlm.nih.gov",
    "NDFRT": "http://hl7.org/fhir/ndfrt",
    "ATC": "http://www.whocc.no/atc",
    "HPO": "http://human-phenotype-ontology.org",
    "UCUM": "http://unitsofmeasure.org",
    "GENDER": "http://hl7.org/fhir/administrative-gender",
    "ActCode": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "DataAbsent": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
}
"""Addresses of code systems by short name, as FHIR R4 lists them."""

_SHORT = {address: name for name, address in SYSTEMS.items()}
_OWN = "urn:vesalius:system:"
_FORMS = {
    "ICD10CM": re.compile(r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?"),
    "RxNorm": re.compile(r"[0-9]{1,8}"),
    "CVX": re.compile(r"[0-9]{1,3}"),
    "NDC": re.compile(r"[0-9]{1,5}-?[0-9]{1,4}-?[0-9]{0,2}|[0-9]{1,11}"),
}


_CODE = re.compile(r"\S+( \S+)*")


class Coding(NamedTuple):
    """A code and the address of its system; None where it has no system."""

    system: str | None
    code: str


@lru_cache(1 << 16)
def joined(system: str | None, code: str) -> str:
    """The code of an event.

    >>> joined("http://loinc.org", "2823-3"), joined(None, "ADMISSION"), joined("http://example.org/labs", "K")
    ('LOINC//2823-3', 'ADMISSION', 'http:%2F%2Fexample.org%2Flabs//K')
    """
    if system is None:
        return f"//{code}" if "//" in code else code
    if system.startswith(_OWN):
        return f"{unquote(system.removeprefix(_OWN))}//{code}"
    return f"{_SHORT.get(system) or _quoted(system)}//{code}"


@lru_cache(1 << 16)
def parted(code: str) -> Coding:
    """The address of the system and the code within it: what ``joined`` put together.

    >>> parted("LOINC//2823-3"), parted("LAB//K")
    (Coding(system='http://loinc.org', code='2823-3'), Coding(system='urn:vesalius:system:LAB', code='K'))
    """
    name, divided, rest = code.partition("//")
    if not divided:
        return Coding(None, code)
    if not name:
        return Coding(None, rest)
    if name in SYSTEMS:
        return Coding(SYSTEMS[name], rest)
    # what is quoted in another way would come back as another code
    if ":" in name and _quoted(unquote(name)) == name:
        return Coding(unquote(name), rest)
    return Coding(_OWN + quote(name, safe=""), rest)


def _quoted(address: str) -> str:
    return quote(address, safe=":.-_~")


def is_code(text: str) -> bool:
    """Whether FHIR allows a code: it is not blank and has no blanks but single spaces between words.

    >>> is_code("per day"), is_code("per  day"), is_code("per day ")
    (True, False, False)
    """
    return _CODE.fullmatch(text) is not None


def system_named(name: str) -> str:
    """The address for a short name or an address; a system of its own for another name.

    >>> system_named("RxNorm"), system_named("http://example.org"), system_named("LAB")
    ('http://www.nlm.nih.gov/research/umls/rxnorm', 'http://example.org', 'urn:vesalius:system:LAB')
    """
    return SYSTEMS.get(name) or (name if ":" in name and not re.search(r"\s", name) else _OWN + quote(name, safe=""))


@lru_cache(1 << 16)
def impossible(code: str) -> str | None:
    """Why no release of its system can have this code; None where one may.

    >>> impossible("LOINC//2345-7"), impossible("LOINC//2345-8")
    (None, 'has the check digit 8 where 7 is right')
    """
    system, _, own = code.partition("//")
    if system == "LOINC":
        return _wrong_loinc(own)
    if system == "SNOMED" and own.isdecimal():
        return None if 6 <= len(own) <= 18 and verhoeff(own) == 0 else "has a wrong check digit"
    if system in _FORMS and not _FORMS[system].fullmatch(own):
        return f"is no code of {system}"
    return None


def _wrong_loinc(code: str) -> str | None:
    """Parts, answers, lists and groups (LP, LA, LL, LG) are let through."""
    if re.fullmatch(r"L[PALG][0-9]+-[0-9]", code):
        return None
    if not re.fullmatch(r"[0-9]{1,7}-[0-9]", code):
        return "is no code of LOINC"
    number, _, digit = code.partition("-")
    right = mod10(number)
    return None if int(digit) == right else f"has the check digit {digit} where {right} is right"


def mod10(number: str) -> int:
    """The check digit of LOINC (Luhn, ISO/IEC 7812): every second digit from the right is doubled.

    >>> mod10("2345"), mod10("2085")
    (7, 9)
    """
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def verhoeff(number: str) -> int:
    """Verhoeff's sum of a number with its check digit, which ends SNOMED CT identifiers: 0 where it is right.

    Digits are turns (0 to 4) and flips (5 to 9) of a pentagon, multiplied after a permutation that goes with their place.
    Verhoeff 1969, Error detecting decimal codes.

    >>> verhoeff("2363"), verhoeff("73211009"), verhoeff("73211008") == 0
    (0, 0, False)
    """
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        for _ in range(place % 8):
            value = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[value]
        turn = (value if total < 5 else -value) + total
        total = turn % 5 if (total < 5) == (value < 5) else turn % 5 + 5
    return total
