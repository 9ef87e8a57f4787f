"""Looking medication strings up in a list of known drugs."""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from vesalius.learners.kept_file import kept
from vesalius.learners.medications.strings import commonest, prediction, string_of, windows, words_of
from vesalius.records import Record
from vesalius.sources.medication_labels import Target
from vesalius.sources.packaged.drugs import Drug
from vesalius.tasks import Prediction

FILE = "fallback.json"
CUTOFF = 0.8
"""Least likeness of a misspelt name: twice the matching letters over the letters of both (Ratcliff and Metzener 1988)."""

_SHORTEST = 5
"""Letters of a word that may be misspelt; shorter words would be like too many."""


class DrugLookup:
    """Finds the first drug of a list in a string, by generic name or brand, and tells what the list says of it.

    The longest name that stands there wins. The route is that of the drug's first form in the list. Where no drug is found, the
    answer is the commonest of the training records; there is then no generic name.

    Args:
        dictionary: the drugs.
        target: what is asked.
        fuzzy: whether a name that is not found as it stands may be misspelt.

    >>> from vesalius.records import Text
    >>> from vesalius.sources.packaged.drugs import drugs
    >>> record = Record(id="1", subject_id="1", fields={"medication": Text("AUGMETNIN 875 po")})
    >>> learners = [DrugLookup(drugs(), "generic name", fuzzy=fuzzy) for fuzzy in (False, True)]
    >>> [learner.predict([record])[0].value for learner in learners]
    [None, 'amoxicillin / clavulanate']
    """

    def __init__(self, dictionary: Sequence[Drug], target: Target, *, fuzzy: bool) -> None:
        self._target: Target = target
        self._fuzzy = fuzzy
        self._fallback: str | None = None
        self._drugs = {" ".join(words_of(name)): drug for drug in dictionary for name in drug.names}
        self._longest = max((len(name.split()) for name in self._drugs), default=0)
        self._close: dict[str, str | None] = {}

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Count the answers."""
        self._fallback = commonest(train, self._target)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Look up."""
        return [prediction(record, self._answer(self.found(string_of(record)))) for record in records]

    def found(self, text: str) -> Drug | None:
        """The drug that a string names."""
        runs = list(windows(words_of(text), self._longest))
        exact = next((self._drugs[run] for run in runs if run in self._drugs), None)
        if exact is not None or not self._fuzzy:
            return exact
        return next((self._drugs[name] for run in runs if (name := self._closest(run)) is not None), None)

    def _closest(self, run: str) -> str | None:
        if run not in self._close:
            long = any(len(word) >= _SHORTEST and word.isalpha() for word in run.split())
            names = self._by_words.get(run.count(" "), []) if long else []
            self._close[run] = next(iter(get_close_matches(run, names, n=1, cutoff=CUTOFF)), None)
        return self._close[run]

    @cached_property
    def _by_words(self) -> Mapping[int, list[str]]:
        """Names by the number of spaces in them."""
        return {spaces: [name for name in self._drugs if name.count(" ") == spaces] for spaces in range(self._longest)}

    def _answer(self, drug: Drug | None) -> str | None:
        if drug is None:
            return self._fallback
        if self._target == "generic name":
            return drug.generic
        if self._target == "route":
            return drug.products[0].route
        return "yes" if drug.group == self._target else "no"

    def save(self, folder: Path) -> None:
        """Write the commonest answer; the list is given anew."""
        save_fallback(folder, self._fallback)

    def load(self, folder: Path) -> None:
        """Take it back.

        Raises:
            UserError: if the file is missing or damaged.
        """
        self._fallback = load_fallback(folder)


def save_fallback(folder: Path, answer: str | None) -> None:
    """Write the answer that is given where nothing tells."""
    (folder / FILE).write_text(json.dumps({"fallback": answer}) + "\n", encoding="utf-8")


def load_fallback(folder: Path) -> str | None:
    """Take back what ``save_fallback`` wrote.

    Raises:
        UserError: if the file is missing or damaged.
    """
    with kept(folder / FILE) as content:
        answer = content["fallback"]
        return None if answer is None else str(answer)
