"""CMQCIC-Bench: does a Chinese record meet a clinical quality indicator, by facts and logical rules (Yu et al. 2025)?"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from vesalius.records import Text
from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import Row, json_lines, json_mapping

VERDICTS = ("Yes", "No")
LICENCE = "see the CMQCIC-Bench release"
REMEDY = "obtain the CMQCIC-Bench release again"


def _layout(folder: Path) -> Iterator[Placed]:
    """A JSON object a line, and one of the indicators by name, which lines name in ``unique_id``.

    The id is the line, from 0. Several indicators are asked of one excerpt, which is the subject.
    """
    indicators = dict(json_mapping(folder / "indicator.json", REMEDY, item="indicator"))
    for number, row in enumerate(json_lines(folder / "data.jsonl", REMEDY)):
        name = row.text("unique_id")
        if name not in indicators:
            raise row.wrong("unique_id", "no indicator of indicator.json")
        indicator, note = indicators[name], row.text("patient note")
        asked = Question(
            name=f"excerpt-{number:03d}",
            text=indicator.text("question_rule"),
            options=VERDICTS,
            right=(row.among("label", VERDICTS),),
            context=note,
            explanation=row.text("explaination"),
            subject=sha256(note.encode()).hexdigest()[:12],
            tags={"indicator": name},
            more={"facts": _numbered(indicator.texts("facts")), "rules": _rules(indicator)},
        )
        yield placed(row, asked, split="test", language="zh", licence=LICENCE)


def _rules(indicator: Row) -> Text:
    return _numbered([rule.text("natural language") for rule in indicator.rows("logical_rules")])


def _numbered(lines: list[str] | tuple[str, ...]) -> Text:
    """One fact or rule a line, numbered from 1, as rules name facts and each other."""
    return Text("\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)))


CMQCIC = PublicSet(
    name="cmqcic",
    description="Excerpts of Chinese records, each with a quality indicator, its facts and logical rules (CMQCIC-Bench).",
    folders=("cmqcic",),
    layout=_layout,
)
