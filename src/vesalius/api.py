"""The verbs of the command line, from Python."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vesalius import catalogue
from vesalius.fitted.fit import Fitted, fit_folder
from vesalius.fitted.outputs import Format
from vesalius.fitted.predict import Answer, predict_files
from vesalius.names import EngineName, Size
from vesalius.records.events.convert import Converted, EventForm, convert_events
from vesalius.report import write_report
from vesalius.systems.benchmark import benchmark_trial
from vesalius.systems.trial import trial_of
from vesalius.trials.compare import compare
from vesalius.trials.rescore import rescore
from vesalius.trials.run import Run, run_trial
from vesalius.trials.verify import verify

RUNS = Path("runs")


def run(
    id: str,
    *,
    size: Size = "default",
    data: str | Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    model: str | Path | None = None,
    chat: bool = False,
    request: Mapping[str, Any] | None = None,
    per_minute: float | None = None,
    engine: EngineName = "local",
    out: str | Path = RUNS,
) -> Run:
    """Run a published system against its baselines, or take up such a run; then write its report.

    Args:
        id: of the system, or its number.
        size: ``smoke`` for seconds, ``default`` for minutes on two cores, ``paper`` for the published configuration.
        data: one or more of the system's data sets, or ``all`` for those at hand; by default the first at hand. Systems of
            patients' histories also take a MEDS folder with labels (docs/events.md).
        seeds: how many, or which; by default the system's own number.
        model: the language model to build on, for systems that take one: a folder in the Hugging Face layout, a ``.gguf`` file,
            or an OpenAI-compatible server as ``URL#NAME``.
        chat: ask that model in conversation rather than have it continue texts; for systems that don't train it.
        request: further fields of every request to a server, such as ``{"top_k": 20}``; None takes one away.
        per_minute: requests at most to a server.
        engine: ``local`` or ``ray``.
        out: folder of runs.

    Raises:
        UserError: for bad input, in one sentence.

    >>> run("recov", size="smoke").finding.verdict  # doctest: +SKIP
    'Of 12 comparisons with a baseline: ...'
    """
    names = [data] if isinstance(data, str) else list(data)
    named = None if model is None else str(model)
    trial = trial_of(
        catalogue.system(id),
        size=size,
        data=names,
        seeds=seeds,
        model=named,
        chat=chat,
        request=request,
        per_minute=per_minute,
    )
    finished = run_trial(trial, out=Path(out), engine_name=engine)
    write_report(finished.folder)
    return finished


def ask(
    model: str | Path,
    data: str | Sequence[str],
    *,
    protocols: Sequence[str] = (),
    orders: int = 0,
    shots: int = 0,
    limit: int | None = None,
    chat: bool = False,
    request: Mapping[str, Any] | None = None,
    per_minute: float | None = None,
    out: str | Path = RUNS,
) -> Run:
    """Ask a language model published questions in several ways, each against the first; then write the report.

    Args:
        model: a base model's name, a folder in the Hugging Face layout, a ``.gguf`` file, or a server as ``URL#NAME``.
        data: one or more sets of questions, such as ``medqa-4``.
        protocols: how, such as ``letter`` (by likelihood) and ``chain of thought``; by default all that the sets have.
        orders: ask each question in so many orders of its options; 0 is the release's own order.
        shots: examples before each question, drawn anew for each order; with one draw, differences are undecided.
        limit: of questions a set, chosen by the hash of their ids.
        chat: ask as a conversation.
        request: further fields of every request to a server, such as ``{"top_k": 20}``; None takes one away.
        per_minute: requests at most to a server.
        out: folder of runs; answers are kept in it as they come, so that a stopped run asks nothing twice.

    Raises:
        UserError: for bad input, in one sentence.

    >>> ask("./Qwen3-0.6B", "medqa-4", limit=200).finding.verdict  # doctest: +SKIP
    'Of 4 comparisons with a baseline: ...'
    """
    trial = benchmark_trial(
        str(model),
        [data] if isinstance(data, str) else list(data),
        protocols=protocols,
        orders=orders,
        shots=shots,
        limit=limit,
        chat=chat,
        request=request,
        per_minute=per_minute,
        answers=Path(out) / "answers",
    )
    finished = run_trial(trial, out=Path(out))
    write_report(finished.folder)
    return finished


def fit(
    id: str,
    data: str | Path,
    out: str | Path,
    *,
    size: Size = "default",
    arm: str | None = None,
    seed: int = 0,
    binary: bool = False,
    skip_bad: bool = False,
    steps: int | None = None,
    plan: str | Path | None = None,
) -> Fitted:
    """Fit a published system on your own images, or take up such a fit; score it on subjects that are held out.

    Args:
        id: of the system, or its number.
        data: a folder of images with masks or classes, or a table; docs/own-data.md has the layouts.
        out: a new folder, for ``predict``.
        size: ``smoke`` for seconds, ``default`` for minutes on two cores, ``paper`` for the published configuration.
        arm: a learner or baseline of the system; by default its first learner.
        seed: of weights and batches.
        binary: whether everything above 0 in a mask is one class.
        skip_bad: whether cases that cannot be used are left out; otherwise they are an error before anything is trained.
        steps: optimiser updates instead of the size's, for a learner of one training.
        plan: a file of the plan to follow, for a learner that otherwise makes one; docs/own-data.md has where it comes from.

    Raises:
        UserError: for bad input, in one sentence a file.

    >>> fit("unet-plus-plus", "nuclei", "nuclei-fit").description.scores["dice"]  # doctest: +SKIP
    {'value': 0.87, 'low': 0.85, 'high': 0.89}
    """
    return fit_folder(
        id,
        Path(data),
        Path(out),
        size=size,
        arm=arm,
        seed=seed,
        binary=binary,
        skip_bad=skip_bad,
        steps=steps,
        plan=None if plan is None else Path(plan),
    )


def predict(
    run: str | Path,
    files: str | Path | Sequence[str | Path],
    *,
    out: str | Path | None = None,
    format: Format | None = None,
    overwrite: bool = False,
    overlay: bool = False,
) -> list[Answer]:
    """Write what a fitted system says of new images: a mask on each image's own grid, or probabilities of classes.

    Args:
        run: the folder that ``fit`` wrote.
        files: images, folders of a DICOM series, or folders of images.
        out: folder of the answers; by default each mask goes beside its image.
        format: of masks; by default that of the image, and DICOM SEG for DICOM.
        overwrite: whether files that are there are replaced.
        overlay: whether pictures of the masks over their images are drawn.

    Returns:
        One answer an image; that of a bad image has its ``error``.

    Raises:
        UserError: if the run is not a finished fit, or ``out`` cannot be written.

    >>> predict("nuclei-fit", "new.png")[0].written  # doctest: +SKIP
    (PosixPath('new_mask.png'),)
    """
    named = [files] if isinstance(files, str | Path) else list(files)
    place = None if out is None else Path(out)
    return predict_files(
        Path(run), [Path(file) for file in named], out=place, format=format, overwrite=overwrite, overlay=overlay
    )


def convert(source: str | Path, target: str | Path, *, to: EventForm = "meds", split: bool = False) -> Converted:
    """Read events of patients and write them in another format; docs/events.md has the formats.

    Args:
        source: a MEDS folder, a FHIR R4 bundle, NDJSON or a folder of these, or a mapping file (``.toml``) beside its tables.
        target: a new folder, or for a bundle a new file; it is there whole or not at all.
        to: ``meds``, ``fhir-ndjson`` or ``fhir-bundle``.
        split: whether a MEDS dataset gets a split of its subjects, by their hash.

    Returns:
        How much was written; resources and rows with faults were left out, and ``faults_file`` tells of each.

    Raises:
        UserError: for bad input, in one sentence.

    >>> convert("export", "cohort").events  # doctest: +SKIP
    14694
    """
    return convert_events(Path(source), Path(target), to=to, split=split)


__all__ = [
    "Answer",
    "Converted",
    "Fitted",
    "Run",
    "ask",
    "compare",
    "convert",
    "fit",
    "predict",
    "rescore",
    "run",
    "verify",
    "write_report",
]
