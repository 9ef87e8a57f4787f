"""Writing a prescription as a hurried hand would: abbreviations, misspelt names, reordered parts, and what does not belong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

FORMS: Mapping[str, tuple[str, ...]] = {
    "tablet": ("tab", "tabs", "tablet", "tb"),
    "capsule": ("cap", "caps", "capsule"),
    "oral solution": ("soln", "liq", "elixir"),
    "oral suspension": ("susp", "suspension", "oral susp"),
    "sublingual tablet": ("tab", "tabs"),
    "iv injection": ("inj", "vial", "injection", "syr"),
    "im injection": ("inj", "vial", "injection", "syr"),
    "sc injection": ("inj", "syr", "syringe"),
    "bag": ("bag", "soln", "infus"),
    "pen": ("pen", "flexpen", "pen inj"),
    "inhaler": ("inhaler", "HFA", "MDI", "aerosol"),
    "nebulizer solution": ("neb", "nebs", "neb soln"),
    "nasal spray": ("spray", "nasal spray"),
    "eye drops": ("drops", "gtts", "soln"),
    "eye ointment": ("oint",),
    "ear drops": ("drops", "gtts", "soln"),
    "cream": ("crm", "cream"),
    "gel": ("gel",),
    "ointment": ("oint", "ointment"),
    "patch": ("patch", "ptch"),
    "suppository": ("supp", "suppos"),
    "vaginal cream": ("crm", "cream"),
}
"""How a form is written."""

ROUTES: Mapping[str, tuple[str, ...]] = {
    "oral": ("po", "p.o.", "by mouth", "oral", "orally"),
    "sublingual": ("sl", "s.l.", "under tongue", "subling"),
    "intravenous": ("iv", "i.v.", "ivpb", "iv push", "gtt", "drip", "infusion"),
    "intramuscular": ("im", "i.m.", "intramusc"),
    "subcutaneous": ("sc", "sq", "subcut", "sub-q", "subq"),
    "inhaled": ("inh", "nebulized", "ih", "inhale"),
    "nasal": ("nasal", "each nostril", "intranasal", "nas"),
    "ophthalmic": ("ou", "o.d.", "each eye", "ophth", "ophthalmic"),
    "otic": ("au", "each ear", "otic"),
    "topical": ("top", "topical", "to affected area", "topically"),
    "transdermal": ("td", "transdermal", "to skin"),
    "rectal": ("pr", "p.r.", "rectal", "per rectum"),
    "vaginal": ("pv", "vaginal", "vag"),
}
"""How a route is written; ``gtt`` is a drip here and drops of an eye as a form, as on the ward."""

TIMES = ("daily", "qd", "bid", "b.i.d.", "tid", "qid", "q6h", "q8h", "q12h", "qhs", "qam", "prn", "q4h prn", "x1", "once", "stat")
NOISE = (
    "(home med)",
    "*nf*",
    "#30",
    "per protocol",
    "-- hold if npo",
    "refill x2",
    "[pharm to dose]",
    "w/ food",
    "UD",
    "floor stock",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG = 5
"""Letters of the shortest word that is misspelt; shorter ones would not be known again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a string is to say.

    Attributes:
        name: generic or brand name; of a combination with `` / `` between the ingredients.
        strength: such as ``500 mg``; may be blank.
        form: one of ``FORMS``, or blank.
        route: one of ``ROUTES``, or blank where the form is to tell it.
    """

    name: str
    strength: str
    form: str
    route: str


def messy(order: Order, random: np.random.Generator, *, typos: float, names: frozenset[str] = frozenset()) -> str:
    """A string for an order.

    Args:
        order: what it says.
        random: what is drawn from.
        typos: probability that the name has a word misspelt.
        names: words that a misspelling must not become, in lower case, such as those of other drugs.

    >>> order = Order(name="amoxicillin / clavulanate", strength="875-125 mg", form="tablet", route="oral")
    >>> messy(order, np.random.default_rng(3), typos=1.0)
    'amxoicillin clavulanate po per protocol 875-125mg tab'
    """
    name = order.name.replace(" / ", _pick((" / ", "-", "/", " + ", " "), random))
    if random.random() < typos:
        name = _misspelt(name, random, names)
    form = _pick(FORMS[order.form], random) if order.form else ""
    route = _pick(ROUTES[order.route], random) if order.route else ""
    rest = [_strength(order.strength, random), form, route]
    if random.random() < 0.5:
        random.shuffle(rest)
    if random.random() < 0.6:
        rest.append(_pick(TIMES, random))
    if random.random() < 0.3:
        rest.insert(int(random.integers(len(rest) + 1)), _pick(NOISE, random))
    parts = [*rest[:1], name, *rest[1:]] if random.random() < 0.15 else [name, *rest]
    return _cased(_pick((" ", " ", " ", ", ", "  "), random).join(part for part in parts if part), random)


def _strength(text: str, random: np.random.Generator) -> str:
    """As it stands, closed up, or left out."""
    return _pick((text, text.replace(" ", ""), text, ""), random)


def _cased(text: str, random: np.random.Generator) -> str:
    return _pick((text, text.lower(), text.upper(), text.title()), random)


def _misspelt(name: str, random: np.random.Generator, names: frozenset[str]) -> str:
    """One long word with one or, in a third of the cases, two slips; its first letter stays."""
    places = [match.span() for match in re.finditer(rf"[A-Za-z]{{{_LONG},}}", name)]
    if not places:
        return name
    start, end = places[int(random.integers(len(places)))]
    for _ in range(5):
        word = _slip(name[start:end], random)
        if random.random() < 1 / 3:
            word = _slip(word, random)
        if word.lower() != name[start:end].lower() and word.lower() not in names:
            return name[:start] + word + name[end:]
    return name


def _slip(word: str, random: np.random.Generator) -> str:
    """A letter left out, doubled, replaced, or two exchanged."""
    at = int(random.integers(1, len(word) - 1))
    match int(random.integers(4)):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + _pick(_LETTERS, random) + word[at + 1 :]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _pick(values: Sequence[str], random: np.random.Generator) -> str:
    return values[int(random.integers(len(values)))]
