"""Stays as arrays: when what was measured, hand-made imputation, and notes as vectors with their times."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.events.histories import UNKNOWN, Vocabulary, vocabulary_of
from vesalius.records import Events, Record, Text, Vector

Arrays = dict[str, NDArray[np.generic]]
Imputed = Literal["carried", "mean"]

_HOUR = np.timedelta64(3_600_000_000, "us")
_FIRST = 2
"""Place of the first code of a vocabulary that is one of the training histories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StayForm:
    """How a stay is read.

    Attributes:
        hours: how long it is looked at; what comes later is left out.
        references: T times, evenly spaced up to the end.
        imputed: what stands where nothing was measured since the last of them: the last value before, or the mean of patients.
        vector: numbers of a note.
        series: field of ``Events``, whose first is the beginning of the stay.
        notes: field of the ``Vector`` that names the notes' fields, with their hours.
    """

    hours: float
    references: int
    vector: int
    imputed: Imputed = "carried"
    series: str = "vitals"
    notes: str = "note hours"


def variables_of(records: Sequence[Record], form: StayForm) -> Vocabulary:
    """The codes that have values in five stays at least, with mean and standard deviation.

    Raises:
        UserError: if a record has no events.
    """
    return vocabulary_of([_valued(_series(record, form)) for record in records])


def series_arrays(records: Sequence[Record], variables: Vocabulary, form: StayForm) -> Arrays:
    """``moments_BL``, ``values_BLV``, ``measured_BLV`` and ``imputed_BTF``, as ``SeriesBatch`` has them.

    Values of one variable at one moment are averaged, so that the order in which they are written is no matter.

    Raises:
        UserError: if a record has no events.
    """
    stays = [_measurements(_series(record, form), variables, form) for record in records]
    longest = max([1, *(len(moments) for moments, _, _ in stays)])
    count, width = len(records), len(variables.codes)
    moments_BL, measured_BLV = np.zeros((count, longest), np.float32), np.zeros((count, longest, width), bool)
    values_BLV = np.zeros((count, longest, width), np.float32)
    imputed_BTF = np.zeros((count, form.references, 2 * width), np.float32)
    for row, (moments, values, measured) in enumerate(stays):
        moments_BL[row, : len(moments)], values_BLV[row, : len(moments)] = moments, values
        measured_BLV[row, : len(moments)] = measured
        imputed_BTF[row] = imputed(moments, values, measured, form)
    return {"moments_BL": moments_BL, "values_BLV": values_BLV, "measured_BLV": measured_BLV, "imputed_BTF": imputed_BTF}


def imputed(
    moments_L: NDArray[np.float64], values_LV: NDArray[np.float64], measured_LV: NDArray[np.bool_], form: StayForm
) -> NDArray[np.float64]:
    """For each time of reference the last value since the one before, or what stands for it; then whether there is one.

    Before the first measurement it is the mean, which is 0.

    Args:
        moments_L: as shares of the stay, in order.
        values_LV: standardised.
        measured_LV: whether there is a value.
        form: how the stay is read.

    Returns:
        T × (values and marks of V variables).

    >>> from dataclasses import replace
    >>> form = StayForm(hours=48, references=4, vector=8)
    >>> moments, values = np.array([0.1, 0.2, 0.6]), np.array([[1.0], [2.0], [3.0]])
    >>> imputed(moments, values, np.ones((3, 1), bool), form).tolist()
    [[2.0, 1.0], [2.0, 0.0], [3.0, 1.0], [3.0, 0.0]]
    >>> imputed(moments, values, np.ones((3, 1), bool), replace(form, imputed="mean")).tolist()
    [[2.0, 1.0], [0.0, 0.0], [3.0, 1.0], [0.0, 0.0]]
    """
    width = values_LV.shape[1]
    place_L = np.clip(np.ceil(moments_L * form.references).astype(int) - 1, 0, form.references - 1)
    values_TV, marks_TV = np.zeros((form.references, width)), np.zeros((form.references, width))
    for place, values_V, measured_V in zip(place_L, values_LV, measured_LV, strict=True):
        values_TV[place, measured_V], marks_TV[place, measured_V] = values_V[measured_V], 1
    if form.imputed == "carried":
        known_TV = np.where(marks_TV > 0, np.arange(form.references)[:, None], -1)
        latest_TV = np.maximum.accumulate(known_TV, axis=0)
        values_TV = np.where(latest_TV >= 0, np.take_along_axis(values_TV, latest_TV.clip(0), axis=0), 0.0)
    return np.concatenate([values_TV, marks_TV], axis=1)


def note_arrays(records: Sequence[Record], form: StayForm) -> Arrays:
    """``written_BN``, ``vectors_BND`` and ``there_BN``, as ``NotesBatch`` has them.

    A note is its words and pairs of words, hashed into a vector of length 1 (Weinberger et al. 2009): fixed, nothing is trained.

    Raises:
        UserError: if a record has no hours of notes, or lacks a note that they name.
    """
    stays = [_notes(record, form) for record in records]
    longest = max([1, *(len(texts) for _, texts in stays)])
    written_BN, there_BN = np.zeros((len(records), longest), np.float32), np.zeros((len(records), longest), bool)
    vectors_BND = np.zeros((len(records), longest, form.vector), np.float32)
    vectors = hashed([text for _, texts in stays for text in texts], form.vector)
    for row, (moments, texts) in enumerate(stays):
        written_BN[row, : len(texts)], there_BN[row, : len(texts)] = moments, True
    # places are taken stay by stay, as the texts stand
    vectors_BND[there_BN] = vectors
    return {"written_BN": written_BN, "vectors_BND": vectors_BND, "there_BN": there_BN}


def hashed(texts: Sequence[str], size: int) -> NDArray[np.float32]:
    """Words and pairs of words of each text, hashed into so many numbers.

    >>> one, other = hashed(["No fever.", "no FEVER"], 64)
    >>> bool((one == other).all())
    True
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    if not texts:
        return np.zeros((0, size), np.float32)
    vectors = HashingVectorizer(n_features=size, ngram_range=(1, 2), dtype=np.float32).transform(texts)
    return np.asarray(vectors.toarray(), dtype=np.float32)


def _series(record: Record, form: StayForm) -> Events:
    found = record.fields.get(form.series)
    if not isinstance(found, Events) or not found.codes:
        raise UserError(f"record {record.id}, field {form.series!r}: no events; give at least the one that begins the stay.")
    return found


def _valued(series: Events) -> Events:
    kept = np.flatnonzero(~np.isnan(series.values))
    return Events(tuple(series.times[place] for place in kept), tuple(series.codes[place] for place in kept), series.values[kept])


def _measurements(
    series: Events, variables: Vocabulary, form: StayForm
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Moments, values and what was measured, in the rows of the different moments."""
    times = np.array(series.times, dtype="datetime64[us]")
    share, places = (times - times[0]) / _HOUR / form.hours, variables.places(series.codes)
    kept = ~np.isnan(series.values) & (places != UNKNOWN) & (share <= 1)
    moments, row = np.unique(share[kept], return_inverse=True)
    values = variables.standardised(places[kept], series.values[kept])
    sums, counts = np.zeros((len(moments), len(variables.codes))), np.zeros((len(moments), len(variables.codes)))
    # in order of size, so that the last bit of a sum does not follow from the order in which they were written
    order = np.argsort(values, kind="stable")
    np.add.at(sums, (row[order], places[kept][order] - _FIRST), values[order])
    np.add.at(counts, (row, places[kept] - _FIRST), 1)
    return moments, sums / np.maximum(counts, 1), counts > 0


def _notes(record: Record, form: StayForm) -> tuple[NDArray[np.float64], list[str]]:
    hours = record.fields.get(form.notes)
    if not isinstance(hours, Vector):
        raise UserError(f"record {record.id}, field {form.notes!r}: missing; give a vector of hours, named as the notes are.")
    kept = np.flatnonzero(hours.values <= form.hours)
    texts = [_note(record, hours.names[place], form) for place in kept]
    return hours.values[kept] / form.hours, texts


def _note(record: Record, name: str, form: StayForm) -> str:
    found = record.fields.get(name)
    if not isinstance(found, Text):
        raise UserError(f"record {record.id}, field {name!r}: no text, though {form.notes!r} names it; give the note.")
    return found.value
