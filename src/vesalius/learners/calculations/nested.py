"""Nested tool calling: a model that chooses a calculator, fills its slots, and leaves units and arithmetic to tools (MeNTi).

Zhu et al.: MeNTi: Bridging Medical Calculator and LLM Agent with Nested Tool Calling. NAACL 2025, arXiv 2410.13610.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from vesalius.calculators import Calculator, find
from vesalius.language.backend import Backend, Sampling, Usage
from vesalius.language.calculations import NEXT_NOTE, calculation_templates, last_object, slots
from vesalius.language.calculator_tools import ConversionRefused, Refused, Toolkit
from vesalius.learners.asks_model import AsksModel
from vesalius.learners.kept_file import kept
from vesalius.metrics.calculations import Work, told
from vesalius.records import Record, Text
from vesalius.tasks import Outcome, Prediction

Stage = Literal["choosing", "filling", "conversion", "calculation"]
"""Where a record came to nothing.

- ``choosing``: no calculator that was offered is named.
- ``filling``: no JSON object.
- ``conversion``: a call within another one is refused, or not allowed.
- ``calculation``: the calculator refuses its arguments: one is missing, unknown, impossible or in another unit.
"""

STAGES: tuple[Stage, ...] = get_args(Stage)
FILE = "tools.json"
_LINE = Sampling(max_tokens=48, stop=(NEXT_NOTE,))
_JSON = Sampling(max_tokens=1024, stop=(NEXT_NOTE,))


@dataclass(slots=True)
class _Dialogue:
    """What was said about one record so far."""

    note: str
    question: str
    spent: Usage = field(default_factory=Usage)
    said: dict[str, str] = field(default_factory=dict)
    candidates: tuple[Calculator, ...] = ()
    calculator: Calculator | None = None
    work: Work | None = None
    stage: Stage | None = None
    outcome: Outcome = "answered"
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.stage is None and self.outcome == "answered"


class NestedTools(AsksModel):
    """An agent over any backend, in four steps; the answer is the calculator's, word for word.

    1. Meta-tool: the model names the calculator that is needed, a search over all of them gives candidates, and it chooses one.
    2. Slots: it writes the arguments as JSON from the note.
    3. Nested calls: an argument may be a call itself, to the converter of units or to another calculator.
    4. The calculator runs. It takes each number in one unit only, so that a unit that is not converted is refused or goes wrong.

    Args:
        backend: makes the model; it is called when first needed.
        candidates: how many calculators the search offers.
        meta: whether calculators are searched for by the name that the model gives; without it, by the question's words, and the
            first is taken.
        nested: whether calls within calls are offered; without them the model converts by itself.
        seed: of nothing here; kept so that learners are built alike.
    """

    def __init__(
        self, backend: Callable[[], Backend], *, candidates: int = 6, meta: bool = True, nested: bool = True, seed: int = 0
    ) -> None:
        super().__init__(backend)
        self._count = candidates
        self._meta = meta
        self._nested = nested

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing: tools and prompts are given."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the model and run the tools; neither target nor tags are looked at."""
        dialogues = [_Dialogue(record.get("note", Text).value, record.get("question", Text).value) for record in records]
        if self._meta:
            self._ask(dialogues, "name", _LINE, lambda one: {})
            for one in dialogues:
                one.candidates = find(f"{_first_line(one.said['name'])} {one.question}", most=self._count)
            listed = [one for one in dialogues if one.open]
            self._ask(listed, "choose", _LINE, lambda one: {"candidates": _listed(one.candidates)})
            for one in listed:
                _choose(one)
        else:
            for one in dialogues:
                one.calculator = next(iter(find(one.question, most=1)), None)
                one.stage = None if one.calculator else "choosing"
        chosen = [one for one in dialogues if one.open]
        self._ask(chosen, "fill", _JSON, self._slots)
        for one in chosen:
            if one.open:
                _run(one, nested=self._nested)
        return [_prediction(record, one) for record, one in zip(records, dialogues, strict=True)]

    def _ask(
        self, dialogues: Sequence[_Dialogue], name: str, sampling: Sampling, more: Callable[[_Dialogue], dict[str, str]]
    ) -> None:
        template = calculation_templates()[name]
        prompts = [template.fill(note=one.note, question=one.question, **more(one)) for one in dialogues]
        for one, reply in zip(dialogues, self.backend.generate(prompts, sampling), strict=True):
            one.spent += reply.usage
            one.said[name] = reply.text
            if reply.completions[0].finish == "failed":
                one.outcome = "failed"

    def _slots(self, one: _Dialogue) -> dict[str, str]:
        assert one.calculator is not None
        units = calculation_templates()["nested units" if self._nested else "own units"].fill()
        return {"calculator": one.calculator.id, "slots": slots(one.calculator), "units": units}

    def save(self, folder: Path) -> None:
        """Write the settings; the model itself is not kept."""
        settings = {"candidates": self._count, "meta": self._meta, "nested": self._nested}
        (folder / FILE).write_text(json.dumps(settings) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the settings.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept(folder / FILE) as settings:
            self._count, self._meta = int(settings["candidates"]), bool(settings["meta"])
            self._nested = bool(settings["nested"])


def stage_faults(predictions: Iterable[Prediction]) -> Counter[str]:
    """How many records came to nothing at each stage; those that were answered are not counted.

    >>> raw = '{"stage": "conversion"}'
    >>> stage_faults([Prediction(record_id="1", value=None, outcome="unparsed", raw=raw)])
    Counter({'conversion': 1})
    """
    stages = (json.loads(each.raw).get("stage") for each in predictions if each.raw)
    return Counter(stage for stage in stages if stage is not None)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _listed(candidates: Sequence[Calculator]) -> str:
    return "\n".join(f"{each.id}: {each.name}" for each in candidates) or "none"


def _choose(one: _Dialogue) -> None:
    said = _first_line(one.said["choose"]).casefold()
    named = [each for each in one.candidates if each.id == said.strip(" .`'\"*")]
    # a model that writes a sentence has chosen where it names one id only, and no longer one that holds it
    within = [each for each in one.candidates if each.id in said.split()]
    found = named or (within if len(within) == 1 else [])
    if found:
        one.calculator = found[0]
    elif one.open:
        one.stage, one.outcome = "choosing", "unparsed"


def _run(one: _Dialogue, *, nested: bool) -> None:
    assert one.calculator is not None
    arguments = last_object(one.said["fill"])
    if arguments is None:
        one.stage, one.outcome = "filling", "unparsed"
        return
    toolkit = Toolkit(nested=nested)
    try:
        result, values = toolkit.run(one.calculator.id, arguments)
        one.work = Work(answer=told(result), calculator=one.calculator.id, values=values)
    except ConversionRefused:
        one.stage, one.outcome = "conversion", "unparsed"
    except Refused:
        one.stage, one.outcome = "calculation", "unparsed"
    one.calls = dict(toolkit.calls)


def _prediction(record: Record, one: _Dialogue) -> Prediction:
    transcript: dict[str, Any] = {"stage": one.stage, "tools": one.calls, **one.said}
    outcome: Outcome = "unparsed" if one.work is None and one.outcome == "answered" else one.outcome
    return Prediction(
        record_id=record.id,
        value=None if one.work is None else one.work.line,
        outcome=outcome,
        raw=json.dumps(transcript),
        tokens=one.spent.tokens,
        calls=one.spent.calls,
    )
