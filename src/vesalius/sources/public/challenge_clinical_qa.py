"""Medbullets, with four options and with five, and the JAMA Clinical Challenge, in the layout of Chen et al. (2024)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from vesalius.sources.public.multiple_choice import LETTERS, Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import table

REMEDY = "obtain the ChallengeClinicalQA release again"


def _layout(file: str, options: int, licence: str, extra: tuple[str, ...], folder: Path) -> Iterator[Placed]:
    """A table with a column an option and the right letter; the id is the row, from 0; all of it is for testing."""
    letters = LETTERS[:options]
    columns = [f"op{letter.lower()}" for letter in letters]
    for number, row in enumerate(table(folder / file, ("question", *columns, "answer_idx", "explanation", *extra), REMEDY)):
        asked = Question(
            name=f"{file.removesuffix('.csv')}-{number:04d}",
            text=row.text("question"),
            options=tuple(row.text(column) for column in columns),
            right=(row.among("answer_idx", letters),),
            explanation=row.text_or_blank("explanation"),
            tags={"subject": row.text_or_blank("field").strip(), "link": row.text_or_blank("link").strip()},
        )
        yield placed(row, asked, split="test", language="en", licence=licence)


MEDBULLETS_4, MEDBULLETS_5 = (
    PublicSet(
        name=f"medbullets-{options}",
        description=f"Questions in the manner of USMLE steps 2 and 3, with {options} options (Medbullets, Chen et al. 2024).",
        folders=("medbullets",),
        layout=partial(_layout, f"medbullets_op{options}.csv", options, "Medbullets' own, research use", ()),
    )
    for options in (4, 5)
)
JAMA = PublicSet(
    name="jama-challenge",
    description="Cases of the JAMA Clinical Challenge, as the authors' scraper saves them (Chen et al. 2024).",
    folders=("jama",),
    layout=partial(_layout, "jama_raw.csv", 4, "JAMA Network's own, a subscription is needed", ("field",)),
)
