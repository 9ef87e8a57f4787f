"""Regular expressions for the route and the six classes: what a data engineer writes in an afternoon, without a list of drugs."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vesalius.learners.medications.lookup import load_fallback, save_fallback
from vesalius.learners.medications.strings import commonest, prediction, string_of, words_of
from vesalius.records import Record
from vesalius.sources.medication_labels import SYNONYMS, Target
from vesalius.tasks import Prediction

_AMBIGUOUS = {"ad", "as", "os", "od", "top", "patch", "neb", "infusion"}
"""Words that mean something else as often, or that the rules for forms have."""

_FORMS: Mapping[str, str] = {
    "sublingual": r"subling\w*|\bsl\b",
    "inhaled": r"inhal\w*|\bhfa\b|\bmdi\b|\bneb\w*|\bdiskus\b|\baerosol\b",
    "nasal": r"nasal|nostril|\bspray\b",
    "ophthalmic": r"ophth\w*|\beyes?\b|\bgtts\b",
    "otic": r"\botic\b|\bears?\b",
    "vaginal": r"\bvag\w*",
    "rectal": r"\bsupp\w*|rect\w*|\benema\b",
    "transdermal": r"patch|ptch|transderm\w*",
    "topical": r"\bcre?a?m\b|\boint\w*|\bgel\b|\blotion\b|topical\w*|affected area",
    "oral": r"\btab\w*|\btb\b|\bcap\w*|\belixir\b|\bsusp\w*|\bliq\w*|\boral\w*",
    "subcutaneous": r"subcut\w*|\b(?:flex)?pen\b",
    "intramuscular": r"intramusc\w*",
    "intravenous": r"intraven\w*|\bdrip\b|\bgtt\b|\bpca\b|\binfus\w*|\bivpb\b|\bbag\b|\binj\w*|\bvial\b|\bsyr\w*",
}
_ROUTES = {
    route: re.compile(rf"\b(?:{'|'.join(re.escape(said) for said in said_so if said not in _AMBIGUOUS)})\b")
    for route, said_so in SYNONYMS.items()
}
_BY_FORM = {route: re.compile(pattern) for route, pattern in _FORMS.items()}

_STEMS: Mapping[str, re.Pattern[str]] = {
    "antibiotic": re.compile(
        r"\bce[fph]\w+|\w+cillin\b|\w+m[yi]cin\b|\w+floxacin\b|\w+cycline\b|\w+penem\b|sulfa\w+|nitrofur\w+|\w+nidazole\b|\w+zolid\b"
    ),
    "anticoagulant": re.compile(r"\w*heparin\b|\w+parin(?:ux)?\b|\w+xaban\b|\w+gatran\b|\w+rudin\b|warfarin|coumadin"),
    "electrolyte": re.compile(r"\b(?:potassium|magnesium|calcium|kcl|k ?phos|na ?phos)\b|\w+ phosphate\b"),
    "iv fluid": re.compile(r"\bsodium chloride\b|\bnacl\b|\bsaline\b|\bd5\w+|\bdextrose\b|ringer\w*|\blr\b"),
    "opioid": re.compile(r"\w*morph\w+|\w*cod(?:eine|one)\b|fentan\w+|\w+adol\b|methadone|meperidine|percocet|norco|dilaudid"),
    "ulcer prophylaxis": re.compile(r"\w+prazole\b|\w+tidine\b|pepcid|protonix|zantac|prilosec|nexium"),
}
"""Stems of the international nonproprietary names (WHO 2024), and the brands that everyone knows."""


class MedicationRules:
    """Reads the route from its abbreviations, then from the form; a class from the stem of a name.

    Where nothing tells the route, it is the commonest of the training records; where no stem does, the class is ``no``.

    Args:
        target: the route or a class.

    Raises:
        ValueError: if it is the generic name, which no rule gives.

    >>> from vesalius.records import Text
    >>> record = Record(id="1", subject_id="1", fields={"medication": Text("CEFAZOLIN 1G IVPB q8h")})
    >>> [MedicationRules(target).predict([record])[0].value for target in ("route", "antibiotic", "opioid")]
    ['intravenous', 'yes', 'no']
    """

    def __init__(self, target: Target) -> None:
        if target == "generic name":
            raise ValueError("generic name: no rule gives it; look it up.")
        self._target: Target = target
        self._fallback: str | None = None

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Count the routes."""
        self._fallback = commonest(train, self._target)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Apply the rules."""
        return [prediction(record, self._answer(" ".join(words_of(string_of(record))))) for record in records]

    def _answer(self, text: str) -> str | None:
        if self._target != "route":
            return "yes" if _STEMS[self._target].search(text) else "no"
        for rules in (_ROUTES, _BY_FORM):
            route = next((route for route, pattern in rules.items() if pattern.search(text)), None)
            if route is not None:
                return route
        return self._fallback

    def save(self, folder: Path) -> None:
        """Write the commonest answer."""
        save_fallback(folder, self._fallback)

    def load(self, folder: Path) -> None:
        """Take it back.

        Raises:
            UserError: if the file is missing or damaged.
        """
        self._fallback = load_fallback(folder)
