"""HealthFC: health claims with the verdict of medical experts, in German and English (Vladika et al. 2024)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from vesalius.sources.public.multiple_choice import Question, placed
from vesalius.sources.public.public_set import Placed, PublicSet
from vesalius.sources.public.rows import Row, table

Language = Literal["en", "de"]

SPOKEN: Mapping[Language, str] = {"en": "English", "de": "German"}
VERDICTS = {"en": ("supported", "not enough evidence", "refuted"), "de": ("belegt", "nicht genügend Belege", "widerlegt")}
CODES = ("0", "1", "2")
MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
COLUMNS = tuple(f"{language}_{name}" for language in ("en", "de") for name in ("claim", "explanation", "top_sentences"))
LICENCE = "CC BY-NC-ND 4.0"
REMEDY = "obtain the HealthFC release again"


def _layout(language: Language, folder: Path) -> Iterator[Placed]:
    """One table; the id is the row, from 0, and claims that one article judges are of one subject."""
    rows = table(folder / "Datensatz.csv", (*COLUMNS, "label", "date", "url"), REMEDY)
    for number, row in enumerate(rows):
        asked = Question(
            name=f"claim-{number:03d}",
            text=row.text(f"{language}_claim"),
            options=VERDICTS[language],
            right=(row.among("label", CODES),),
            context=row.text(f"{language}_top_sentences"),
            explanation=row.text_or_blank(f"{language}_explanation"),
            subject=row.text("url"),
            time=_day(row),
        )
        yield placed(row, asked, split="test", language=language, licence=LICENCE)


def _day(row: Row) -> datetime:
    """The day of the article, written as 5. Dezember 2022."""
    day, month, year = (*row.text("date").split(), "", "", "")[:3]
    try:
        return datetime(int(year), MONTHS.index(month) + 1, int(day.removesuffix(".")))
    except (ValueError, OverflowError) as error:
        raise row.wrong("date", f"{row.text('date')[:40]!a} is no day such as 5. Dezember 2022") from error


HEALTHFC_EN, HEALTHFC_DE = (
    PublicSet(
        name=f"healthfc-{language}",
        description=f"Health claims in {spoken} with the verdict of experts and its evidence (HealthFC, Vladika et al. 2024).",
        folders=("healthfc",),
        layout=partial(_layout, language),
    )
    for language, spoken in SPOKEN.items()
)
