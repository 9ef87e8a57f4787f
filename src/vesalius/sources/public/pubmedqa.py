"""PubMedQA: questions that titles of papers ask, to be answered by yes, no or maybe from the abstract (Jin et al. 2019)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import Row, json_mapping, json_object

VERDICTS = ("yes", "no", "maybe")
LICENCE = "MIT"
REMEDY = "obtain the PubMedQA release again"


def question(row: Row, name: str) -> Question:
    """A question without its abstract; the name is the paper's PubMed id."""
    text = row.text("QUESTION")
    return Question(name=name, text=text, options=VERDICTS, right=(row.among("final_decision", VERDICTS),))


def _layout(folder: Path) -> Iterator[Placed]:
    """One JSON object by PubMed id, with the abstract but for its conclusion; another names the test questions."""
    truth = json_object(folder / "test_ground_truth.json", REMEDY)
    left = set(truth.values)
    for name, row in json_mapping(folder / "ori_pqal.json", REMEDY, item="question"):
        asked = question(row, name)
        if name in truth.values and truth.among(name, VERDICTS) != asked.right[0]:
            raise truth.wrong(name, f"not the {VERDICTS[asked.right[0]]!r} of ori_pqal.json")
        left.discard(name)
        asked = replace(
            asked,
            context="\n".join(row.texts("CONTEXTS")),
            explanation=row.text("LONG_ANSWER"),
            tags={"year": row.text_or_blank("YEAR")},
        )
        yield placed(row, asked, split="test" if name in truth.values else "train", language="en", licence=LICENCE)
    if left:
        raise truth.wrong(min(left), "no question of ori_pqal.json")


PUBMEDQA = PublicSet(
    name="pubmedqa",
    description="Yes, no or maybe from abstracts of PubMed, labelled by experts (PubMedQA, Jin et al. 2019).",
    folders=("pubmedqa/data", "pubmedqa"),
    layout=_layout,
)
