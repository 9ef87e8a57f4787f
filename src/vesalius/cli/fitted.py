"""A fitted system and its answers on the terminal."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vesalius.fitted.fit import CURVES, VALIDATION, Fitted
from vesalius.fitted.predict import Answer, table_of
from vesalius.fitted.scores import lowest, told


def print_fitted(fitted: Fitted) -> None:
    """What was left out, what to know of the data, how good it is, and where it is kept."""
    description, choice = fitted.description, fitted.description.choice
    for sentence in description.left_out:
        print(f"Left out: {sentence}")
    for sentence in description.notes:
        print(f"Note: {sentence}")
    size = choice.size + ("" if choice.steps is None else f", steps {choice.steps}") + (", own plan" if choice.plan else "")
    print(
        f"{choice.system} ({choice.arm}, {size}, seed {choice.seed}) on {len(description.train)} cases; "
        f"{len(description.validation)} for validation; {len(description.left_out)} files left out."
    )
    name, worst = lowest(fitted.folder / VALIDATION, next(iter(description.scores)))
    print(f"Validation: {told(description.scores)}; lowest {worst:.3f}, {name}. Each case: {fitted.folder / VALIDATION}")
    if (fitted.folder / CURVES).exists():
        print(f"Curves: {fitted.folder / CURVES}")
    print(f"Predict: vesalius predict {fitted.folder} FILE...")


def print_fitted_json(fitted: Fitted) -> None:
    """The same for machines."""
    print(json.dumps({"folder": str(fitted.folder), "fit": asdict(fitted.description)}, indent=1, ensure_ascii=False))


def print_answers(answers: Sequence[Answer], *, table: bool) -> None:
    """A line an image; errors and warnings apart from them. Probabilities as a table, unless that went to a file."""
    for answer in answers:
        for warning in answer.warnings:
            print(f"vesalius: {answer.image}: {warning}", file=sys.stderr)
        if answer.error:
            print(f"vesalius: {answer.error}", file=sys.stderr)
        for path in answer.written:
            print(path)
    shares = next((answer.probabilities for answer in answers if answer.probabilities is not None), None)
    if table and shares is not None:
        print(table_of(answers, tuple(shares)), end="")


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer for machines."""
    return {**asdict(answer), "image": str(answer.image), "written": [str(path) for path in answer.written]}
