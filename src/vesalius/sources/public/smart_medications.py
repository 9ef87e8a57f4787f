"""The prescriptions of the SMART sample patients: real names of medications, with the truth that their regular form holds.

Most names follow RxNorm's pattern, such as ``Escitalopram 10 MG Oral Tablet [Lexapro]``, from which generic name, route and brand
can be read. As they stand they would be trivial; so what is read is written anew as a hurried hand would
(``simulators.messy_medications``): these strings are real drugs, forms and strengths in simulated writing. Other names are as
somebody typed them, such as ``Zetia Tablet 10mg``. Those whose first words are a generic or brand name that a regular name of the
release explains are taken as they are; their route is known only where they say it by a word for the form. The rest is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.records.places import place
from vesalius.sources.medication_labels import Target, label_of
from vesalius.sources.packaged.drugs import drugs, group_of
from vesalius.sources.public.smart_patients import LICENCE, SmartPatients
from vesalius.sources.simulators.medications import BRANDED, FIELD, is_tested, words_of_names
from vesalius.sources.simulators.messy_medications import Order, messy

_AMOUNT = r"[\d.]+ (?:MG|UNT|MEQ|MCG)(?:/(?:ML|MG|ACTUAT))?"
_PART = rf"[A-Za-z][A-Za-z -]*? {_AMOUNT}"
_REGULAR = re.compile(
    rf"(?:\d+ (?:ACTUAT|HR) )?(?P<parts>{_PART}(?: / {_PART})*) (?P<form>[A-Z][A-Za-z ]+?)(?: \[(?P<brand>[^\]]+)\])?"
)
_FORMS: Mapping[str, tuple[str, str]] = {
    "Oral Tablet": ("tablet", "oral"),
    "Enteric Coated Tablet": ("tablet", "oral"),
    "Extended Release Tablet": ("tablet", "oral"),
    "Oral Capsule": ("capsule", "oral"),
    "Enteric Coated Capsule": ("capsule", "oral"),
    "Extended Release Capsule": ("capsule", "oral"),
    "Oral Solution": ("oral solution", "oral"),
    "Oral Suspension": ("oral suspension", "oral"),
    "Extended Release Suspension": ("oral suspension", "oral"),
    "Sublingual Tablet": ("sublingual tablet", "sublingual"),
    "Metered Dose Inhaler": ("inhaler", "inhaled"),
    "Inhalant Solution": ("nebulizer solution", "inhaled"),
    "Inhalant Powder": ("inhaler", "inhaled"),
    "Nasal Inhaler": ("nasal spray", "nasal"),
    "Ophthalmic Solution": ("eye drops", "ophthalmic"),
    "Ophthalmic Ointment": ("eye ointment", "ophthalmic"),
    "Otic Suspension": ("ear drops", "otic"),
    "Topical Cream": ("cream", "topical"),
    "Topical Lotion": ("cream", "topical"),
    "Topical Gel": ("gel", "topical"),
    "Topical Ointment": ("ointment", "topical"),
    "Rectal Cream": ("cream", "rectal"),
}
"""RxNorm's dose forms, as the messy ones and their route."""

_UNTELLING = frozenset(("sublingual tablet", "eye drops", "eye ointment", "ear drops"))
"""Forms that are written as those of another route are."""

_TYPED_ROUTE = re.compile(r"\b(?:Tablet|Capsule|Pill)\b")


@dataclass(frozen=True, slots=True)
class Regular:
    """What a name in RxNorm's pattern says.

    Attributes:
        generic: in its one spelling; ``written`` is as it stands.
        strength, form, route: as ``Order`` has them.
        brand: blank where there is none.
    """

    generic: str
    written: str
    strength: str
    form: str
    route: str
    brand: str


def read_regular(name: str) -> Regular | None:
    """A name in RxNorm's pattern; None where it is another.

    >>> one = read_regular("Acetaminophen 300 MG / Codeine 30 MG Oral Tablet")
    >>> one.generic, one.route, one.strength
    ('acetaminophen / codeine', 'oral', '300-30 mg')
    >>> read_regular("Zetia Tablet 10mg")
    """
    match = _REGULAR.fullmatch(name)
    if match is None or match["form"] not in _FORMS:
        return None
    form, route = _FORMS[match["form"]]
    parts = [re.fullmatch(rf"(?P<name>.+) (?P<amount>{_AMOUNT})", part) for part in match["parts"].split(" / ")]
    names, amounts = zip(*((part["name"], part["amount"]) for part in parts if part), strict=True)
    written = " / ".join(names)
    generic = label_of("generic name", written)
    if generic is None:
        return None
    unit = amounts[0].partition(" ")[2].lower()
    strength = "-".join(amount.partition(" ")[0] for amount in amounts) + f" {unit}"
    return Regular(generic, written, strength, form, route, match["brand"] or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartMedications:
    """Strings of prescriptions with their truth.

    A drug is learned from or tested as in the simulator. Prescriptions of one name have one string.

    Attributes:
        target: the generic name or the route; classes are known of drugs in the packaged list alone.
        typos: probability that a name that is written anew is misspelt.
    """

    target: Target
    typos: float = 0.4

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"smart-medications, {self.target}"

    @property
    def tier(self) -> Tier:
        """A released set."""
        return "public"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"Medications of the SMART sample patients, regular names in messy writing, and their {self.target}."

    def records(self) -> list[Record]:
        """Records with ``medication`` and the target; the subject is the generic name, the tag ``writing`` says whose it is.

        Raises:
            UserError: if the release is not at hand.
        """
        listed = {drug.generic for drug in drugs()}
        return [
            Record(
                id=f"{self.name} {number}",
                subject_id=one.generic,
                fields={FIELD: Text(text), self.target: Text(truth)},
                licence=LICENCE,
                tags={
                    "split": "test" if is_tested(one.generic) else "train",
                    "known": "yes" if one.generic in listed else "no",
                    "writing": writing,
                },
            )
            for number, (text, one, writing) in enumerate(_strings(self.typos))
            if (truth := _truth(self.target, one))
        ]


def _truth(target: Target, one: Regular) -> str:
    """Blank where it is not known."""
    if target == "generic name":
        return one.generic
    if target == "route":
        return one.route
    group = group_of(one.generic)
    return "" if group is None else "yes" if group == target else "no"


@cache
def _strings(typos: float) -> tuple[tuple[str, Regular, str], ...]:
    names = _names()
    regular = {name: one for name in names if (one := read_regular(name)) is not None}
    explained = {one.written.lower(): one for one in regular.values()}
    explained |= {one.brand.lower(): one for one in regular.values() if one.brand}
    return tuple(_written(names, regular, explained, typos))


def _names() -> list[str]:
    """Names of all prescriptions, without quotation marks."""
    table = SmartPatients().table()
    kinds, names = (table.extra[column].to_pylist() for column in ("resource", "display"))
    return [name.strip('" ') for kind, name in zip(kinds, names, strict=True) if kind == "MedicationRequest" and name]


def _written(
    names: list[str], regular: Mapping[str, Regular], explained: Mapping[str, Regular], typos: float
) -> Iterator[tuple[str, Regular, str]]:
    for name in names:
        one = regular.get(name)
        if one is not None:
            yield _anew(name, one, typos), one, "simulated"
            continue
        begins = [known for known in explained if re.match(rf"{re.escape(known)}\b(?! ?[/(])", name.lower())]
        if begins:
            source = explained[max(begins, key=len)]
            route = "oral" if _TYPED_ROUTE.search(name) else ""
            yield name, Regular(source.generic, source.written, "", "", route, ""), "as typed"


def _anew(name: str, one: Regular, typos: float) -> str:
    random = np.random.default_rng(int(place(name) * 2**48))
    called = re.sub(r" [\d/]+$", "", one.brand) if one.brand and random.random() < BRANDED else one.written
    needed = one.form in _UNTELLING or one.route == "rectal"
    route = one.route if needed or random.random() < 0.6 else ""
    order = Order(name=called, strength=one.strength, form=one.form, route=route)
    return messy(order, random, typos=typos, names=words_of_names())
