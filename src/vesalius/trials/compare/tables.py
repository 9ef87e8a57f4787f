"""A trial of the arms in tables of predictions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vesalius.errors import UserError
from vesalius.language.answers import parse_choice
from vesalius.metrics import METRICS
from vesalius.records import Field, Label, Survival, Text
from vesalius.tasks import Family, Measure, Prediction, Task
from vesalius.trials.compare.files import Columns, Row, read_rows, select
from vesalius.trials.compare.replay import Replay, Truths, arms_of, content_digest, everything_tested
from vesalius.trials.trial import Trial

MetricName = Literal["accuracy", "auroc", "c_index"]

_FAMILIES: Mapping[MetricName, Family] = {"accuracy": "choices", "auroc": "classification", "c_index": "survival"}
_MOST_TOKENS = 1e12
_CLASSES = ("negative", "positive")
_TOKENS = ("prompt_tokens", "completion_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the rows of a table become arms."""

    columns: Columns
    metric: MetricName
    by: tuple[str, ...]
    where: Mapping[str, str]


def trial_of_tables(paths: Sequence[Path], truth: Path | None, reading: Reading, *, margin: float, baseline: str | None) -> Trial:
    """Every arm of the tables against the baseline, on all records that have a true value.

    Raises:
        UserError: for malformed tables, contradictory truths, repeated ids, or fewer than two arms.
    """
    if not 0 < margin < 1:
        raise UserError(f"--margin {margin:g}: a difference between 0 and 1, such as 0.02.")
    tables = {path: select(read_rows(path), reading.where, path) for path in paths}
    truths, subjects = _truths({truth: read_rows(truth)} if truth else tables, reading)
    said: dict[str, Mapping[str, Prediction]] = {}
    for path, rows in tables.items():
        for name, own in _by_arm(path, rows, reading.by).items():
            if name in said:
                raise UserError(f"{path}: a second arm named {name!r}; rename the file, or separate the arms with --by.")
            said[name] = _predictions(path, name, own, truths, reading)
    _require_overlap(said)
    names = ", ".join(path.name for path in paths)
    task = Task(
        name="outputs",
        family=_FAMILIES[reading.metric],
        source=Truths("outputs", f"{len(truths)} records of {names}", truths, subjects),
        inputs=(),
        target="truth",
        split=everything_tested,
        measures=(Measure(METRICS[reading.metric], margin),),
        note="Predictions made elsewhere: what they were trained on is not known, so no leak can be ruled out.",
    )
    replays = {name: Replay({0: predictions}) for name, predictions in said.items()}
    arms = arms_of(replays, baseline)
    return Trial(
        name="compare",
        tasks=(task,),
        arms=lambda _: arms,
        seeds=(0,),
        settings={"outputs": names, "content": content_digest(said.values())},
    )


def _require_overlap(said: Mapping[str, Mapping[str, Prediction]]) -> None:
    """Arms are paired by id: each must share some with all the others."""
    for name, own in said.items():
        for other, theirs in said.items():
            if not own.keys() & theirs.keys():
                raise UserError(f"compare: {name!r} and {other!r} have no id in common; give predictions of the same records.")


def _by_arm(path: Path, rows: Sequence[Row], by: Sequence[str]) -> dict[str, list[Row]]:
    """The rows of each arm: of the whole file, or of each combination of values in the columns ``by``."""
    missing = [column for column in by if column not in rows[0]]
    if missing:
        raise UserError(f"{path}: no column {missing[0]!r} to tell arms apart by; it has {', '.join(map(str, rows[0]))}.")
    arms: dict[str, list[Row]] = {}
    for row in rows:
        name = "/".join(str(row[column]) for column in by) if by else path.name.split(".")[0] or path.name
        arms.setdefault(name, []).append(row)
    return arms


def _truths(tables: Mapping[Path, Sequence[Row]], reading: Reading) -> tuple[dict[str, Field], dict[str, str]]:
    """True value and subject of every id, which must be the same in every table."""
    truths: dict[str, Field] = {}
    subjects: dict[str, str] = {}
    plain: dict[str, object] = {}
    for path, rows in tables.items():
        columns = reading.columns
        id_column = columns.find("id", rows, path)
        subject_column = columns.find("subject", rows, path) if columns.subject else columns.guess("subject", rows)
        for line, row in enumerate(rows, start=1):
            key, (value, field) = _key(row[id_column], path, line), _truth(path, line, row, rows, reading)
            if plain.setdefault(key, value) != value:
                raise UserError(f"{path}, id {key}: true value {value!r} here and {plain[key]!r} elsewhere; mend one.")
            truths[key] = field
            if subject_column is None:
                continue
            subject = str(row[subject_column])
            if subjects.setdefault(key, subject) != subject:
                raise UserError(f"{path}, id {key}: subject {subject!r} here and {subjects[key]!r} elsewhere; mend one.")
    return truths, subjects


def _truth(path: Path, line: int, row: Row, rows: Sequence[Row], reading: Reading) -> tuple[object, Field]:
    where = f"{path}, record {line}"
    if reading.metric == "c_index":
        time = _number(row[reading.columns.find("time", rows, path)], f"{where}, time")
        event = _number(row[reading.columns.find("event", rows, path)], f"{where}, event")
        if time < 0 or event not in (0, 1):
            raise UserError(f"{where}: time {time:g} and event {event:g}; a time is not negative, an event is 0 or 1.")
        return (time, event), Survival(time, bool(event))
    value = row[reading.columns.find("truth", rows, path)]
    if reading.metric == "auroc":
        label = _number(value, f"{where}, truth")
        if label not in (0, 1):
            raise UserError(f"{where}, truth: {label:g}; AUROC needs 0 or 1.")
        return label, Label(_CLASSES[int(label)], _CLASSES)
    text = "" if value is None else str(value).strip()
    if not text:
        raise UserError(f"{where}, truth: empty; every record needs a true value.")
    return text, Text(text if len(text) == 1 else text.casefold())


def _predictions(
    path: Path, arm: str, rows: Sequence[Row], truths: Mapping[str, Field], reading: Reading
) -> Mapping[str, Prediction]:
    id_column, column = reading.columns.find("id", rows, path), reading.columns.find("prediction", rows, path)
    letters = _letters(truths)
    found: dict[str, Prediction] = {}
    for line, row in enumerate(rows, start=1):
        key = _key(row[id_column], path, line)
        if key in found:
            raise UserError(f"{path}, id {key}: twice in arm {arm!r}; separate the arms with --by, or remove one.")
        if key not in truths:
            raise UserError(f"{path}, id {key}: no true value; add it to the truth, or remove the row.")
        found[key] = _prediction(key, row, row[column], letters, f"{path}, record {line}, {column}", reading.metric)
    return found


def _prediction(key: str, row: Row, said: object, letters: Sequence[str], where: str, metric: MetricName) -> Prediction:
    tokens = [row[name] for name in _TOKENS if row.get(name)]
    seconds = row.get("seconds")
    spent = sum(_count(count, f"{where}: tokens") for count in tokens) if tokens else None
    duration = _number(seconds, f"{where}: seconds") if seconds else None
    if metric != "accuracy":
        value = _number(said, where) if said not in (None, "") else None
        return Prediction(
            record_id=key, value=value, outcome="empty" if value is None else "answered", tokens=spent, seconds=duration
        )
    if isinstance(said, dict | list | bytes):
        raise UserError(f"{where}: {type(said).__name__} where a text or number is needed; flatten the table.")
    text = "" if said is None else str(said)
    if letters:
        answer = parse_choice(text, letters)
        return Prediction(record_id=key, value=answer.letter, outcome=answer.outcome, raw=text, tokens=spent, seconds=duration)
    plain = text.strip().casefold()
    return Prediction(
        record_id=key, value=plain or None, outcome="answered" if plain else "empty", raw=text, tokens=spent, seconds=duration
    )


def _letters(truths: Mapping[str, Field]) -> list[str]:
    """Stand-ins for the options where every truth is a letter: their texts are not known here, so only letters can be read."""
    values = {field.value for field in truths.values() if isinstance(field, Text)}
    if not values or not all(len(value) == 1 and "A" <= value <= "Z" for value in values):
        return []
    count = max(ord(value) - ord("A") + 1 for value in values)
    return [f"option {number} of {max(count, 4)}" for number in range(1, max(count, 4) + 1)]


def _key(value: object, path: Path, line: int) -> str:
    key = "" if value is None else str(value)
    try:
        key.encode()
    except UnicodeEncodeError:
        key = ""
    if not key.strip():
        raise UserError(f"{path}, record {line}: no id, or one that is no text; give every record its own.")
    return key


def _count(value: object, where: str) -> int:
    found = _number(value, where)
    if not 0 <= found < _MOST_TOKENS:
        raise UserError(f"{where}: {value!r} is no count; mend it.")
    return int(found)


def _number(value: object, where: str) -> float:
    try:
        found = float(str(value))
    except ValueError:
        raise UserError(f"{where}: {value!r} is not a number; mend it, or choose another column.") from None
    if not math.isfinite(found):
        raise UserError(f"{where}: {value!r} is not finite; mend it.")
    return found
