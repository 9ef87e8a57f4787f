"""Asks a fitted system about new images."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vesalius import catalogue
from vesalius.errors import UserError
from vesalius.fitted.answers import probabilities_of
from vesalius.fitted.description import Images, read_description
from vesalius.fitted.inputs import Input, inputs_of, read_input, seen_by_learner, warning_of
from vesalius.fitted.load import load_learner
from vesalius.fitted.outputs import Format, mask_path, require_free, stored_labels, write_answer
from vesalius.fitted.overlay import draw_overlay
from vesalius.learners.learner import Learner
from vesalius.progress import track
from vesalius.records import Record
from vesalius.sources.folders.reading import Scan, size_of
from vesalius.tasks import Prediction

MODEL = "model"
TABLE = "predictions.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one image.

    Attributes:
        image: its file or folder.
        written: files with the answer.
        probabilities: of each class, where classes were asked for.
        warnings: sentences on what makes the answer doubtful.
        error: why there is no answer; empty where there is one.
    """

    image: Path
    written: tuple[Path, ...] = ()
    probabilities: Mapping[str, float] | None = None
    warnings: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """How answers are wanted, and which image each file that is written is of."""

    out: Path | None
    format: Format | None
    overwrite: bool
    overlay: bool
    image_of: dict[Path, Path] = field(default_factory=dict)


def predict_files(
    run: Path,
    files: Sequence[Path],
    *,
    out: Path | None = None,
    format: Format | None = None,
    overwrite: bool = False,
    overlay: bool = False,
) -> list[Answer]:
    """An answer for every image; a bad one has its error, and the others go through.

    Raises:
        UserError: if the run is not a finished fit, nothing is named, or ``out`` cannot be written.
    """
    description = read_description(run)
    images, choice = description.images, description.choice
    if not files:
        raise UserError("predict: no file named; give images, or folders of images.")
    inputs = inputs_of(files, images)
    learner = load_learner(catalogue.system(choice.system), choice, images, run / MODEL)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"--out {out}: cannot be made ({error.strerror}); name a folder of your own.") from error
        if images.target == "label":
            require_free(out / TABLE, overwrite=overwrite)
    asked = _Asked(out, format, overwrite, overlay)
    answers = [_answer(one, learner, images, asked) for one in track(inputs, "predicting", len(inputs))]
    if out is not None and images.target == "label":
        (out / TABLE).write_text(table_of(answers, images.names), encoding="utf-8")
    return answers


def table_of(answers: Sequence[Answer], classes: Sequence[str]) -> str:
    """The probabilities as CSV, the images without an answer left out.

    >>> print(table_of([Answer(image=Path("a.png"), probabilities={"ill": 0.75, "well": 0.25})], ("ill", "well")).strip())
    image,predicted,ill,well
    a.png,ill,0.75,0.25
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "predicted", *classes])
    for answer in answers:
        shares = answer.probabilities
        if shares is not None:
            writer.writerow([answer.image, max(shares, key=shares.__getitem__), *(f"{shares[name]:.6g}" for name in classes)])
    return text.getvalue()


def _answer(one: Input, learner: Learner, images: Images, asked: _Asked) -> Answer:
    try:
        scan = read_input(one, images)
        warning = warning_of(scan, images)
        warnings = (warning,) if warning else ()
        if images.target == "label":
            shares = probabilities_of(_said(one, scan, learner), images.names)
            return Answer(image=one.path, probabilities=shares, warnings=warnings)
        target = mask_path(one, scan, asked.out, asked.format)
        picture = target.with_name(f"{one.name}_overlay.png")
        for path in (target, picture) if asked.overlay else (target,):
            other = asked.image_of.setdefault(path, one.path)
            if other != one.path:
                raise UserError(f"{one.path}: its answer would replace {path}, that of {other}; give each an --out of its own.")
            require_free(path, overwrite=asked.overwrite)
        labels = _labels(one, scan, learner)
        write_answer(target, stored_labels(labels, scan), one, images, overwrite=asked.overwrite)
        if asked.overlay:
            draw_overlay(picture, seen_by_learner(scan), labels, images.names)
        return Answer(image=one.path, written=(target, picture) if asked.overlay else (target,), warnings=warnings)
    except UserError as error:
        return Answer(image=one.path, error=str(error))
    except MemoryError:
        return Answer(image=one.path, error=f"{one.path}: larger than the memory; cut or resample it.")
    except OSError as error:
        return Answer(image=one.path, error=f"{error.filename or one.path}: {error.strerror}; free space or name another --out.")


def _said(one: Input, scan: Scan, learner: Learner) -> Prediction:
    record = Record(id=one.name, subject_id=one.name, fields={"image": seen_by_learner(scan)})
    return learner.predict([record])[0]


def _labels(one: Input, scan: Scan, learner: Learner) -> Any:
    prediction = _said(one, scan, learner)
    seen = size_of(seen_by_learner(scan))
    if prediction.value is None or getattr(prediction.value, "shape", None) != seen:
        raise UserError(f"{one.path}: the learner gave no mask of its size ({prediction.outcome}).")
    return prediction.value
