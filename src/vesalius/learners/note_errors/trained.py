"""A trained reviewer of notes: a classifier of sentences that knows the note around them, and a corrector from training pairs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.note_errors.associations import Associations, words
from vesalius.learners.note_errors.edits import Edit, Editor
from vesalius.learners.note_errors.replacements import Phrases, replaced
from vesalius.metrics import NO_ERROR, Correction, read_correction
from vesalius.records import Record, Text
from vesalius.records.places import place
from vesalius.sources.notes import sentences_of
from vesalius.tasks import Prediction

Floats = NDArray[np.float64]

FILE, ARRAYS = "reviewer.json", "reviewer.npz"
_FOLDS = 5
_COLUMNS = 2**12
_LEAST_TRAINED = 2


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence with its number, and what a note's judge says of it."""

    number: str
    text: str
    edit: Edit | None
    context: tuple[float, ...]


class TrainedReviewer:
    """Finds the wrong sentence of a note and corrects it.

    1. From the training notes as they should be, associations of words that stand in the same note are learned.
    2. The phrases by which wrong sentences and their corrections differ are what may be put in place of each other.
    3. Of each sentence, the change of one phrase that agrees best with the rest of the note gives a gain; it is a feature, with
       its distance from the gains of the other sentences, how well the words suit the note, the sentence's place and length,
       and its words and pairs of words. A logistic regression tells wrong sentences from right ones. The features of
       training notes come from associations learned without them.
    4. A note has an error if its most suspicious sentence is above a threshold, that at which most flags of the validation notes
       are right; the sentence is corrected by its change.

    Args:
        associated: whether what the rest of the note says is used; without it the classifier has words and place alone.
        seed: decides which training notes are judged without each other.
    """

    def __init__(self, *, associated: bool = True, seed: int = 0) -> None:
        self._associated = associated
        self._seed = seed
        self._notes: list[list[str]] = []
        self._phrases = Phrases()
        self._weights: Floats = np.zeros(0)
        self._mean: Floats = np.zeros(0)
        self._scale: Floats = np.zeros(0)
        self._bias = 0.0
        self._threshold = 0.0

    @property
    def trained_parameters(self) -> int:
        """Weights of the classifier."""
        return self._weights.size and self._weights.size + 1

    @cached_property
    def _editor(self) -> Editor:
        return Editor(Associations(self._notes), self._phrases)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn associations, phrases, the classifier and the threshold.

        Raises:
            UserError: if the training notes have not both kinds of sentence.
        """
        right = {record.subject_id: words(" ".join(_right_version(record))) for record in train}
        self._notes = list(right.values())
        self.__dict__.pop("_editor", None)
        pairs = [pair for record in train if (pair := _changed(record)) is not None]
        if len(pairs) < _LEAST_TRAINED:
            raise UserError("training notes: fewer than two have an error; give more of them.")
        self._phrases = Phrases.learned(pairs, [text for record in train for text in _versions(record)])
        features, labels = self._training_rows(train, right)
        self._fit_classifier(features, labels)
        self._threshold = self._chosen_threshold(validation or train)

    def _training_rows(self, train: Sequence[Record], right: dict[str, list[str]]) -> tuple[list[_Sentence], list[bool]]:
        """Every sentence of the training notes, judged by associations that were learned without its note."""
        folds = {subject: int(place(f"{self._seed}/{subject}") * _FOLDS) for subject in right}
        found: list[_Sentence] = []
        labels: list[bool] = []
        for fold in range(_FOLDS):
            others = Associations([note for subject, note in right.items() if folds[subject] != fold])
            editor = Editor(others, self._phrases)
            for record in train:
                if folds[record.subject_id] == fold:
                    wrong = _review(record).sentence
                    judged = self._judged(record, editor)
                    found += judged
                    labels += [sentence.number == wrong for sentence in judged]
        return found, labels

    def _fit_classifier(self, sentences: Sequence[_Sentence], labels: Sequence[bool]) -> None:
        from scipy import sparse
        from sklearn.linear_model import LogisticRegression

        context = np.array([sentence.context for sentence in sentences])
        self._mean, self._scale = context.mean(axis=0), np.maximum(context.std(axis=0), 1e-9)
        design = sparse.hstack([_hashed(sentences), (context - self._mean) / self._scale]).tocsr()
        fitted = LogisticRegression(max_iter=2000).fit(design, labels)
        self._weights, self._bias = np.asarray(fitted.coef_[0], dtype=float), float(fitted.intercept_[0])

    def _chosen_threshold(self, records: Sequence[Record]) -> float:
        """Between two notes' scores: where most flags are right; of equals, where most sentences are, then the lowest."""
        most = [self._most_suspicious(record) for record in records]
        wanted = [_review(record) for record in records]
        scores = np.array([score for score, _ in most])
        flagged = np.array([one.flag == "1" for one in wanted])
        found = np.array([sentence.number == one.sentence for (_, sentence), one in zip(most, wanted, strict=True)])
        ranked = np.sort(scores)
        between = [ranked[0] - 1, *((ranked[1:] + ranked[:-1]) / 2), ranked[-1] + 1]

        def worth(threshold: float) -> tuple[int, int]:
            above = scores > threshold
            return int((above == flagged).sum()), int(np.where(above, found, ~flagged).sum())

        return float(max(between, key=worth))

    def _judged(self, record: Record, editor: Editor) -> list[_Sentence]:
        texts = sentences_of(record.get("sentences", Text).value)
        note = [words(text) for text in texts.values()]
        judged = editor.judge(note)
        gains = [one.edit.gain if one.edit else 0.0 for one in judged]
        least = [one.least for one in judged]
        made = []
        for row, ((number, text), one) in enumerate(zip(texts.items(), judged, strict=True)):
            left = len(note) - 1 - row
            placed = (row, left, left == 0, left == 1, len(note[row]))
            around = (gains[row], _ahead(gains, row), least[row], _ahead([-value for value in least], row), one.edit is None)
            made.append(_Sentence(number, text, one.edit, tuple(map(float, placed + (around if self._associated else ())))))
        return made

    def _most_suspicious(self, record: Record) -> tuple[float, _Sentence]:
        judged = self._judged(record, self._editor)
        if not judged:
            raise UserError(f"record {record.id}, field 'sentences': none; give numbered sentences, a line each.")
        context = (np.array([sentence.context for sentence in judged]) - self._mean) / self._scale
        scores = _hashed(judged) @ self._weights[:_COLUMNS] + context @ self._weights[_COLUMNS:] + self._bias
        return float(scores.max()), judged[int(scores.argmax())]

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Review each note by itself.

        Raises:
            UserError: if the learner has not been fitted or loaded, or a note has no numbered sentences.
        """
        if not self._weights.size:
            raise UserError("no classifier yet; fit the learner or load it first.")
        return [Prediction(record_id=record.id, value=self._reviewed(record).line) for record in records]

    def _reviewed(self, record: Record) -> Correction:
        score, sentence = self._most_suspicious(record)
        if score <= self._threshold:
            return NO_ERROR
        edit = sentence.edit
        text = replaced(sentence.text, edit.start, edit.end, self._phrases.known[edit.new]) if edit else sentence.text
        return Correction("1", sentence.number, text)

    def save(self, folder: Path) -> None:
        """Write weights as plain arrays; the words of each training note and the phrases as JSON."""
        content = {"notes": self._notes, "phrases": self._phrases.to_json(), "associated": self._associated}
        (folder / FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")
        scalars = np.array([self._bias, self._threshold])
        np.savez(folder / ARRAYS, weights=self._weights, mean=self._mean, scale=self._scale, scalars=scalars)

    def load(self, folder: Path) -> None:
        """Take them back.

        Raises:
            UserError: if a file is missing or damaged.
        """
        try:
            content: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
            notes, phrases, associated = content["notes"], Phrases.from_json(content["phrases"]), bool(content["associated"])
            with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
                weights, mean, scale = (np.asarray(arrays[name], dtype=float) for name in ("weights", "mean", "scale"))
                bias, threshold = arrays["scalars"].tolist()
        except FileNotFoundError as error:
            raise UserError(f"{error.filename}: missing; name the folder of a saved learner.") from error
        except Exception as error:
            raise UserError(f"{folder}: {FILE} or {ARRAYS} is damaged; save the learner again.") from error
        self._notes, self._phrases, self._associated = notes, phrases, associated
        self._weights, self._mean, self._scale, self._bias, self._threshold = weights, mean, scale, bias, threshold
        self.__dict__.pop("_editor", None)


def _hashed(sentences: Sequence[_Sentence]) -> Any:
    """Words and pairs of neighbouring words of each sentence, hashed into columns, of length one."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hasher = HashingVectorizer(n_features=_COLUMNS, alternate_sign=False, binary=True, ngram_range=(1, 2), analyzer=_terms)
    return hasher.transform([sentence.text for sentence in sentences])


def _terms(text: str) -> list[str]:
    own = words(text)
    return [*own, *(f"{first} {second}" for first, second in pairwise(own))]


def _ahead(values: Sequence[float], row: int) -> float:
    """By how much a value exceeds the largest of the others."""
    others = [value for place, value in enumerate(values) if place != row]
    return values[row] - max(others, default=values[row])


def _review(record: Record) -> Correction:
    said = read_correction(record.get("review", Text).value)
    if said is None:
        raise UserError(f"record {record.id}, field 'review': not a flag, a sentence number and a correction; correct it.")
    return said


def _changed(record: Record) -> tuple[str, str] | None:
    """The wrong sentence and its correction."""
    said = _review(record)
    texts = sentences_of(record.get("sentences", Text).value)
    return (texts[said.sentence], said.correction) if said.sentence in texts else None


def _right_version(record: Record) -> list[str]:
    """The sentences as they should be."""
    said = _review(record)
    texts = sentences_of(record.get("sentences", Text).value)
    return [said.correction if number == said.sentence else text for number, text in texts.items()]


def _versions(record: Record) -> list[str]:
    """All sentences, with the correction."""
    changed = _changed(record)
    return [*sentences_of(record.get("sentences", Text).value).values(), *((changed[1],) if changed else ())]
