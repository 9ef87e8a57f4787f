"""Fits a published system on a user's own data, into a folder that it can be asked from."""

import json
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vesalius import catalogue
from vesalius.errors import UserError
from vesalius.fitted.adjust import set_plan, set_steps
from vesalius.fitted.curves import draw_curves
from vesalius.fitted.description import FILE, Choice, Description, Images, read_description, write_description
from vesalius.fitted.load import load_learner
from vesalius.fitted.question import build, question, require_family, split_of, template_task
from vesalius.fitted.scores import Scores, score, spacing_of
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.records import Image, Record, Volume
from vesalius.sources.folders import FolderSource, open_folder
from vesalius.sources.folders.intensities import Intensities
from vesalius.tasks import Split
from vesalius.trials.trial import code_digest

BEGUN, CHECKPOINT, MODEL, VALIDATION, TEST, CURVES = (
    "begun.json",
    "checkpoint",
    "model",
    "validation.csv",
    "test.csv",
    "curves.png",
)
_LIBRARIES = ("numpy", "torch", "monai", "transformers", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A finished fit: its folder, which ``predict`` takes, and what is known of it."""

    folder: Path
    description: Description


def fit_folder(
    system_id: str,
    data: Path,
    out: Path,
    *,
    size: Size = "default",
    arm: str | None = None,
    seed: int = 0,
    binary: bool = False,
    skip_bad: bool = False,
    steps: int | None = None,
    plan: Path | None = None,
) -> Fitted:
    """Fit an arm of a system; a folder that was stopped is taken up, one that is finished is given back.

    Raises:
        UserError: for bad data, a system or arm that cannot take it, or a folder that holds another fit.
    """
    system = catalogue.system(system_id)
    if seed < 0:
        raise UserError(f"--seed {seed}: give a number from 0.")
    if steps is not None and plan is not None:
        raise UserError(f"--steps {steps}: the plan has its own; set the field steps of {plan} instead.")
    source = open_folder(data, binary=binary, skip_bad=skip_bad)
    require_family(system, source.layout.target, size)
    records = source.records()
    split = split_of(source, records)
    task = question(source, source.layout.target, split=split)
    name, learner = build(system, arm, task, size, seed)
    if steps is not None:
        set_steps(learner, steps, name)
    choice = Choice(
        system=system.id,
        arm=name,
        size=size,
        seed=seed,
        binary=binary,
        code=code_digest(),
        data=source.digest,
        steps=steps,
        plan=None if plan is None else set_plan(learner, plan, name, source),
    )
    with _alone(out):
        if (out / FILE).exists():
            return _finished(out, choice)
        _begin(out, choice)
        images = _images(source, records[0])
        _train(learner, split, out)
        # What is scored is what was saved: a model that cannot be read again would be of no use.
        restored = load_learner(system, choice, images, out / MODEL)
        scores = _scores(restored, images, split, out)
        draw_curves(out / MODEL, out / CURVES)
        description = _description(source, choice, images, split, scores)
        write_description(description, out)
        (out / BEGUN).unlink()
        shutil.rmtree(out / CHECKPOINT, ignore_errors=True)
    return Fitted(out, description)


def _train(learner: Learner, split: Split, out: Path) -> None:
    draft = out / f".{MODEL}"
    for folder in (draft, out / MODEL):
        shutil.rmtree(folder, ignore_errors=True)
    with checkpoints(out / CHECKPOINT):
        learner.fit(split.train, split.validation)
    draft.mkdir()
    learner.save(draft)
    draft.rename(out / MODEL)


def _scores(learner: Learner, images: Images, split: Split, out: Path) -> Scores:
    task = template_task(images)
    if split.test:
        score(learner, task, split.test, out / TEST)
    return score(learner, task, split.validation, out / VALIDATION)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder, so that no second process fits into it."""
    from filelock import FileLock, Timeout

    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock", timeout=0)
        with lock:
            yield
        (out / ".lock").unlink(missing_ok=True)
    except Timeout:
        raise UserError(f"{out}: another process is fitting here; wait for it, or name another --out.") from None
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); name a folder of your own.") from None


def _begin(out: Path, choice: Choice) -> None:
    """Note what is fitted here, or see that it is the same as before."""
    begun = out / BEGUN
    if begun.exists():
        try:
            before = Choice(**json.loads(begun.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise UserError(f"{begun}: damaged; remove {out} to fit anew.") from error
        _require_same(out, before, choice)
        return
    strangers = [path.name for path in out.iterdir() if path.name != ".lock"]
    if strangers:
        raise UserError(f"--out {out}: not empty ({strangers[0]}); name a new folder.")
    begun.write_text(json.dumps(asdict(choice)), encoding="utf-8")


def _finished(out: Path, choice: Choice) -> Fitted:
    description = read_description(out)
    _require_same(out, description.choice, choice)
    return Fitted(out, description)


def _require_same(out: Path, before: Choice, now: Choice) -> None:
    for name, was in asdict(before).items():
        if getattr(now, name) != was:
            shown = f"with {name} {was}" if name not in ("code", "data", "plan") else f"with other {name}"
            shown = shown if was is not None else f"without --{name}"
            raise UserError(f"--out {out}: begun {shown}; name another folder, or remove this one to fit anew.")


def _images(source: FolderSource, first: Record) -> Images:
    found = source.inspection
    image = first.fields["image"]
    assert isinstance(image, Image | Volume)
    values = image.voxels if isinstance(image, Volume) else image.pixels
    axes = found.seen[0].axes
    return Images(
        axes=3 if axes == 3 else 2,
        channels=found.channels,
        channel_names=source.layout.channel_names,
        separate=len(source.layout.cases[0].channels) > 1,
        names=found.names,
        values=found.values,
        dtype=values.dtype.str.lstrip("<>|="),
        first_size=values.shape[:axes],
        spacing=spacing_of(first),
        intensities=Intensities.of([one.levels for one in found.seen]).to_json(),
    )


def _description(source: FolderSource, choice: Choice, images: Images, split: Split, scores: Scores) -> Description:
    found = source.inspection

    def ids(records: Sequence[Record]) -> tuple[str, ...]:
        return tuple(record.id for record in records)

    return Description(
        choice=choice,
        images=images,
        folder=str(source.folder),
        layout=source.layout.name,
        train=ids(split.train),
        validation=ids(split.validation),
        test=ids(split.test),
        left_out=tuple(map(str, found.refused)),
        notes=found.notes,
        scores=scores,
        libraries=_libraries(),
    )


def _libraries() -> dict[str, str]:
    found = {"vesalius": version("vesalius"), "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
