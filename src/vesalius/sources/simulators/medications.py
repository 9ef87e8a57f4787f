"""Medication strings as they are typed into a record, with the generic name, route and classes that they stand for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.records.places import place
from vesalius.sources.medication_labels import Target
from vesalius.sources.packaged.drugs import Drug, Product, drugs
from vesalius.sources.simulators.messy_medications import FORMS, Order, messy

TRAINING, KNOWN = 0.25, 0.6
"""Shares of the drugs that are learned from, and of the tested ones that the known list has."""

BRANDED = 0.45
"""Share of the strings with a brand name, where the form has one."""

REPEATED = 0.3
"""Share of the records whose string stands there before."""

FIELD = "medication"
_LICENCE = "CC0"


def is_tested(generic: str) -> bool:
    """Whether a drug is one to test on; the others are learned from. Simulated and real strings are parted alike."""
    return place(f"tested {generic}") >= TRAINING


def is_known(generic: str) -> bool:
    """Whether the known list has a drug of the packaged one: all that are learned from, and most of the tested ones."""
    return not is_tested(generic) or place(f"known {generic}") < KNOWN


def known_drugs() -> tuple[Drug, ...]:
    """The list that dictionary lookups are given.

    >>> len(known_drugs()) < len(drugs()), all(is_known(drug.generic) for drug in known_drugs())
    (True, True)
    """
    return tuple(drug for drug in drugs() if is_known(drug.generic))


@dataclass(frozen=True, slots=True, kw_only=True)
class Medications:
    """Simulated strings with their truth.

    A quarter of the drugs is learned from, the others are tested; of these, the known list lacks four in ten. The route can be
    told by whoever knows the drug: words for route or form are left out only where the drug's other forms don't differ in it.

    Attributes:
        target: what is asked.
        count: records, nearly; each drug has as many.
        typos: probability that a name is misspelt.
        seed: of everything random.

    >>> record = Medications(target="route", count=300).records()[0]
    >>> record.get("medication", Text).value, record.get("route", Text).value
    ('1 g  oifrmev  injection  q12h', 'intravenous')
    """

    target: Target
    count: int = 1000
    typos: float = 0.4
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"medications, {self.target}"

    @property
    def tier(self) -> Tier:
        """Made here."""
        return "simulator"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"Simulated medication strings, {self.typos:.0%} of them with a misspelt name, and their {self.target}."

    def records(self) -> Sequence[Record]:
        """Records with ``medication`` and the target; the subject is the drug, tags say its part and whether it is known."""
        return [
            Record(
                id=f"{drug.generic} {number}",
                subject_id=drug.generic,
                fields={FIELD: Text(text), self.target: Text(_truth(self.target, drug, product))},
                licence=_LICENCE,
                tags={
                    "split": "test" if is_tested(drug.generic) else "train",
                    "known": "yes" if is_known(drug.generic) else "no",
                },
            )
            for drug, number, product, text in _strings(self.count, self.typos, self.seed)
        ]


def _truth(target: Target, drug: Drug, product: Product) -> str:
    if target == "generic name":
        return drug.generic
    if target == "route":
        return product.route
    return "yes" if drug.group == target else "no"


@cache
def _strings(count: int, typos: float, seed: int) -> tuple[tuple[Drug, int, Product, str], ...]:
    """The same for every target."""
    names = words_of_names()
    each = max(1, round(count / len(drugs())))
    return tuple(
        (drug, number, product, text)
        for index, drug in enumerate(drugs())
        for number, (product, text) in enumerate(_of_drug(drug, each, typos, names, np.random.default_rng((seed, index))))
    )


@cache
def words_of_names() -> frozenset[str]:
    """Words of all generic and brand names of the packaged list, in lower case."""
    return frozenset(word for drug in drugs() for name in drug.names for word in name.lower().replace("-", " ").split())


def _of_drug(
    drug: Drug, count: int, typos: float, names: frozenset[str], random: np.random.Generator
) -> Iterator[tuple[Product, str]]:
    written: list[tuple[Product, str]] = []
    for _ in range(count):
        if written and random.random() < REPEATED:
            yield written[int(random.integers(len(written)))]
            continue
        product = drug.products[int(random.integers(len(drug.products)))]
        written.append((product, messy(_order(drug, product, random), random, typos=typos, names=names)))
        yield written[-1]


def _order(drug: Drug, product: Product, random: np.random.Generator) -> Order:
    brands = drug.brands_of(product.form)
    name = brands[int(random.integers(len(brands)))] if brands and random.random() < BRANDED else drug.generic
    form, route = product.form, product.route
    others = {other.route for other in drug.products} - {route}
    if not others and random.random() < 0.5:
        # whoever knows the drug needs neither
        form, route = (form, "") if random.random() < 0.5 else ("", "")
    elif random.random() < 0.4 and not _shared_form(product, drug):
        route = ""
    return Order(name=name, strength=product.strengths[int(random.integers(len(product.strengths)))], form=form, route=route)


def _shared_form(product: Product, drug: Drug) -> bool:
    """Whether the words for this form may also stand for another route of the drug."""
    words = set(FORMS[product.form])
    return any(words & set(FORMS[other.form]) for other in drug.products if other.route != product.route)
