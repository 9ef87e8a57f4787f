"""What is asked of a medication string, and one spelling for each answer to it."""

import re
from collections.abc import Mapping
from typing import Literal, get_args

from vesalius.sources.packaged.drugs import ROUTES, TOGETHER

Target = Literal["generic name", "route", "antibiotic", "anticoagulant", "electrolyte", "iv fluid", "opioid", "ulcer prophylaxis"]
"""The two texts and six yes-or-no classes of EHRmonize (Matos et al. 2024)."""

TARGETS: tuple[Target, ...] = get_args(Target)

_STRENGTH = re.compile(
    r"(?<![a-z0-9])\d[\d.,-]*\s*(?:%|(?:mg|mcg|g|ml|l|meq|mmol|mm|units?|unt|iu|million|hr|h|actuat)\b)?", re.IGNORECASE
)
_JOINED = re.compile(r"\s*[/+;,&]\s*|\s+(?:and|with)\s+|(?<=[a-z]{4})-(?=[a-z]{4})")
_SALT = re.compile(
    r"acetate|besylate|bitartrate|calcium|citrate|dihydrate|fumarate|furoate|gluconate|hcl|hydrobromide|hydrochloride|maleate|"
    r"mesylate|monohydrate|napsylate|phosphate|potassium|propionate|sodium|succinate|sulfate|tartrate"
)
_MINERAL = re.compile(r"calcium|ferrous|lithium|magnesium|multiple|potassium|sodium|zinc")
"""Their salt is part of the name."""

_SAME = {
    "acetylsalicylic acid": "aspirin",
    "adrenaline": "epinephrine",
    "asa": "aspirin",
    "clavulanic acid": "clavulanate",
    "frusemide": "furosemide",
    "glyceryl trinitrate": "nitroglycerin",
    "lignocaine": "lidocaine",
    "noradrenaline": "norepinephrine",
    "normal saline": "sodium chloride",
    "paracetamol": "acetaminophen",
    "pethidine": "meperidine",
    "ringers lactate": "lactated ringers",
    "salbutamol": "albuterol",
    "thyroxine": "levothyroxine",
    "triiodothyronine": "liothyronine",
    "vitamin b12": "cyanocobalamin",
    "vitamin d2": "ergocalciferol",
    "vitamin d3": "cholecalciferol",
}

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "oral": ("by mouth", "mouth", "orally", "per os", "po"),
    "sublingual": ("sl", "sublingually", "under the tongue"),
    "intravenous": (
        "infusion",
        "intravenous infusion",
        "intravenously",
        "iv",
        "iv drip",
        "iv infusion",
        "iv push",
        "ivpb",
        "ivp",
    ),
    "intramuscular": ("im", "intramuscularly"),
    "subcutaneous": ("sc", "sq", "sub q", "subcut", "subcutaneously", "subq", "under the skin"),
    "inhaled": ("by inhalation", "ih", "inh", "inhalation", "inhaled nebulized", "neb", "nebulization", "nebulized"),
    "nasal": ("intranasal", "intranasally", "nasally"),
    "ophthalmic": ("eye", "eyes", "in the eye", "ocular", "od", "os", "ou"),
    "otic": ("ad", "as", "au", "ear", "ears", "in the ear"),
    "topical": ("cutaneous", "external", "on the skin", "top", "topically"),
    "transdermal": ("patch", "td", "tdermal", "transdermally"),
    "rectal": ("per rectum", "pr", "rectally"),
    "vaginal": ("intravaginal", "per vagina", "pv", "vag", "vaginally"),
}
"""Other words for routes, in lower case and without dots."""

_ROUTE = {said: route for route in ROUTES for said in (route, *SYNONYMS[route])}
_SAID = {"yes": "yes", "y": "yes", "true": "yes", "1": "yes", "no": "no", "n": "no", "false": "no", "0": "no"}


def label_of(target: Target, text: str) -> str | None:
    """An answer in the one spelling that answers are compared in; None where it is none.

    A route is one of ``ROUTES``, a class ``yes`` or ``no``. A generic name loses strengths and salts, British names and those of
    vitamins become those of the list of drugs, and the ingredients of a combination are sorted.

    >>> label_of("route", "P.O."), label_of("route", "by pigeon"), label_of("opioid", "1")
    ('oral', None, 'yes')
    >>> label_of("generic name", "Clavulanate potassium + Amoxicillin 875 MG"), label_of("generic name", "Potassium Chloride")
    ('amoxicillin / clavulanate', 'potassium chloride')
    """
    if target == "generic name":
        return _generic(text)
    plain = " ".join(re.sub(r"[^a-z0-9 ]", " ", text.casefold().replace(".", "")).split()).removesuffix(" route")
    return _ROUTE.get(plain) if target == "route" else _SAID.get(plain)


def _generic(text: str) -> str | None:
    parts = (_ingredient(part) for part in _JOINED.split(_STRENGTH.sub(" ", text.casefold())))
    return TOGETHER.join(sorted({part for part in parts if part})) or None


def _ingredient(text: str) -> str:
    words = re.sub(r"[^a-z0-9 -]", "", text).split()
    while len(words) > 1 and _SALT.fullmatch(words[-1]) and not _MINERAL.fullmatch(words[0]):
        words.pop()
    name = " ".join(words).strip(" -")
    return _SAME.get(name, name)
