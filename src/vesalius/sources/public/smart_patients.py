"""The SMART sample patients: 67 made-up and de-identified patients with what a practice knows of them.

The release has five rows with something wrong, which are left out: three LOINC codes with a mistyped digit, and two medications
that end before they begin. Refused immunizations are no events; family history, notes and pictures are not read.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vesalius.names import Tier
from vesalius.records import Record
from vesalius.records.events import EventTable
from vesalius.records.events.faults import Reading
from vesalius.records.events.tables_read import read_tables
from vesalius.sources.public import root

FOLDER = "smart-patients"
LICENCE = "Apache-2.0"
MAPPING = Path(__file__).with_name("smart_patients.toml")


@dataclass(frozen=True, slots=True)
class SmartPatients:
    """Histories of problems, medication, labs, vital signs, procedures, immunizations, allergies and smoking.

    >>> SmartPatients().name
    'smart-patients'
    """

    name: str = "smart-patients"
    description: str = "Histories of the SMART sample patients: problems, medication, labs, vital signs and more."
    tier: Tier = "public"

    def table(self) -> EventTable:
        """All events, also those without a time (gender, smoking).

        Raises:
            UserError: if the release is not at hand, or a table lacks a column.
        """
        return read(root.path(FOLDER)).table

    def records(self) -> list[Record]:
        """One record a patient with the field ``history`` of its timed events, and the tag ``sex``.

        Raises:
            UserError: as ``table``.
        """
        table = self.table()
        sexes = {}
        for place, subject in enumerate(table.subjects):
            codes = [table.vocabulary[code] for code in table.codes[table.rows(place)]]
            sexes[subject] = next((code.partition("//")[2] for code in codes if code.startswith("GENDER//")), "unknown")
        return [
            Record(
                id=f"{self.name}-{subject}",
                subject_id=subject,
                fields={"history": history},
                licence=LICENCE,
                tags={"sex": sexes[subject]},
            )
            for subject, history in table.histories()
        ]


@cache
def read(folder: Path) -> Reading:
    """The events of a release, and its faulty rows.

    Raises:
        UserError: if a table or column is missing.
    """
    return read_tables(MAPPING, folder=folder, strict=False)
