"""A list of common drugs: generic names, brands, forms, strengths, and whether they belong to one of six groups.

Typed by hand from general pharmacology as the United States name and sell drugs; not complete, and no guide to treatment. The
groups are those that EHRmonize tells apart (Matos et al. 2024): antibiotics, anticoagulants, electrolyte supplements,
intravenous fluids, opioid analgesics, and prophylaxis of stress ulcers (acid suppressants; sucralfate does not count).
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

FILE = "drugs.tsv"
TOGETHER = " / "
"""Between the ingredients of a combination, which stand in alphabetical order."""

Group = Literal["antibiotic", "anticoagulant", "electrolyte", "iv fluid", "opioid", "ulcer prophylaxis"]
GROUPS: tuple[Group, ...] = get_args(Group)

ROUTE_OF_FORM: Mapping[str, str] = {
    "tablet": "oral",
    "capsule": "oral",
    "oral solution": "oral",
    "oral suspension": "oral",
    "sublingual tablet": "sublingual",
    "iv injection": "intravenous",
    "bag": "intravenous",
    "im injection": "intramuscular",
    "sc injection": "subcutaneous",
    "pen": "subcutaneous",
    "inhaler": "inhaled",
    "nebulizer solution": "inhaled",
    "nasal spray": "nasal",
    "eye drops": "ophthalmic",
    "eye ointment": "ophthalmic",
    "ear drops": "otic",
    "cream": "topical",
    "gel": "topical",
    "ointment": "topical",
    "patch": "transdermal",
    "suppository": "rectal",
    "vaginal cream": "vaginal",
}
ROUTES: tuple[str, ...] = tuple(dict.fromkeys(ROUTE_OF_FORM.values()))
"""The vocabulary of routes."""


@dataclass(frozen=True, slots=True)
class Product:
    """One form of a drug.

    Attributes:
        form: which also tells the route.
        strengths: as they are written, such as ``500 mg``.
    """

    form: str
    strengths: tuple[str, ...]

    @property
    def route(self) -> str:
        """How it is given.

        >>> Product("pen", ("100 units/ml",)).route
        'subcutaneous'
        """
        return ROUTE_OF_FORM[self.form]


@dataclass(frozen=True, slots=True)
class Drug:
    """What the list knows of a drug.

    Attributes:
        generic: name in lower case; of a combination the ingredients in alphabetical order.
        brands: with the forms that are sold under each.
        group: None where it is none of the six.
        products: the forms.
    """

    generic: str
    brands: Mapping[str, tuple[str, ...]]
    group: Group | None
    products: tuple[Product, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Generic name and brands."""
        return (self.generic, *self.brands)

    def brands_of(self, form: str) -> tuple[str, ...]:
        """Brands under which a form is sold.

        >>> next(drug for drug in drugs() if drug.generic == "fluticasone").brands_of("inhaler")
        ('Flovent',)
        """
        return tuple(brand for brand, forms in self.brands.items() if form in forms)


@cache
def drugs() -> tuple[Drug, ...]:
    """All drugs, by generic name.

    >>> one = next(drug for drug in drugs() if drug.generic == "cefdinir")
    >>> one.group, list(one.brands), one.products[0]
    ('antibiotic', ['Omnicef'], Product(form='capsule', strengths=('300 mg',)))
    """
    lines = files("vesalius.sources.packaged").joinpath(FILE).read_text(encoding="utf-8").splitlines()
    return tuple(_drug(row) for row in csv.DictReader(lines, delimiter="\t"))


def group_of(generic: str) -> Group | None:
    """The group of a drug of the list, by its generic name; None where it has none or is not in the list.

    >>> group_of("warfarin"), group_of("atenolol")
    ('anticoagulant', None)
    """
    return _groups().get(generic)


@cache
def _groups() -> Mapping[str, Group]:
    return {drug.generic: drug.group for drug in drugs() if drug.group}


def _drug(row: Mapping[str, str]) -> Drug:
    products = tuple(_products(row["products"]))
    forms = tuple(product.form for product in products)
    group = next((one for one in GROUPS if one == row["group"]), None)
    return Drug(row["generic"], dict(_brands(row["brands"], forms)), group, products)


def _products(cell: str) -> Iterator[Product]:
    for one in cell.split("; "):
        form, _, strengths = one.partition(": ")
        yield Product(form, tuple(strengths.split(", ")))


def _brands(cell: str, forms: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A brand of some forms alone names them in parentheses."""
    for one in filter(None, cell.split("; ")):
        match = re.fullmatch(r"(?P<name>.+?)(?: \((?P<forms>.+)\))?", one)
        assert match is not None
        yield match["name"], tuple(match["forms"].split(", ")) if match["forms"] else forms
