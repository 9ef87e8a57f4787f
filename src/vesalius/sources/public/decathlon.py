"""The Medical Segmentation Decathlon: ten tasks of labelled CT and MR (Simpson et al. 2019, Antonelli et al. 2022)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from vesalius.errors import UserError
from vesalius.records import Record
from vesalius.sources.folders import open_folder
from vesalius.sources.folders.write_decathlon import write_decathlon
from vesalius.sources.public import root
from vesalius.tasks import Source, Tier

LICENCE = "CC BY-SA 4.0"
FOLDER = "msd"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecathlonTask:
    """One of the ten.

    Attributes:
        number: in the release.
        organ: its name there.
        modality: of each channel.
        regions: labels 1, 2, ..., each a target region of the challenge.
        tolerance: millimetres within which two surfaces agree, as the challenge set it for the normalised surface Dice.
        volumes: in the release, those without public labels included.
    """

    number: int
    organ: str
    modality: tuple[str, ...]
    regions: tuple[str, ...]
    tolerance: float
    volumes: int

    @property
    def folder(self) -> str:
        """As the release has it, such as ``Task03_Liver``."""
        return f"Task{self.number:02d}_{self.organ}"


def _task(number: int, organ: str, modality: str, regions: str, tolerance: float, volumes: int) -> DecathlonTask:
    return DecathlonTask(
        number=number,
        organ=organ,
        modality=tuple(modality.split(", ")),
        regions=tuple(regions.split(", ")),
        tolerance=tolerance,
        volumes=volumes,
    )


TASKS: Sequence[DecathlonTask] = (
    _task(1, "BrainTumour", "FLAIR, T1w, T1gd, T2w", "edema, non-enhancing tumour, enhancing tumour", 5.0, 750),
    _task(2, "Heart", "MRI", "left atrium", 4.0, 30),
    _task(3, "Liver", "CT", "liver, cancer", 7.0, 201),
    _task(4, "Hippocampus", "MRI", "anterior, posterior", 1.0, 394),
    _task(5, "Prostate", "T2, ADC", "peripheral zone, transition zone", 4.0, 48),
    _task(6, "Lung", "CT", "cancer", 2.0, 96),
    _task(7, "Pancreas", "CT", "pancreas, cancer", 5.0, 420),
    _task(8, "HepaticVessel", "CT", "vessel, tumour", 3.0, 443),
    _task(9, "Spleen", "CT", "spleen", 3.0, 61),
    _task(10, "Colon", "CT", "colon cancer primaries", 4.0, 190),
)
"""2,633 volumes and 17 regions; tolerances of Antonelli et al. 2022."""


@dataclass(frozen=True, slots=True)
class Decathlon:
    """The labelled volumes of a task as released (fields ``image``, ``mask``), axes to the right, front and head.

    Read from ``VESALIUS_DATA/msd/Task03_Liver`` and its like; the challenge's test volumes have no public labels.
    """

    task: DecathlonTask
    tier: Tier = "public"

    @property
    def name(self) -> str:
        """Such as ``msd-liver``."""
        return f"msd-{self.task.organ.lower()}"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{', '.join(self.task.modality)} of the task {self.task.organ}, Medical Segmentation Decathlon."

    def records(self) -> Sequence[Record]:
        """One record a labelled volume, read when it is asked for.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _released(self.task)


@lru_cache(maxsize=2)
def _released(task: DecathlonTask) -> tuple[Record, ...]:
    folder = root.path(FOLDER, task.folder)
    source = open_folder(folder)
    if len(source.layout.channel_names) != len(task.modality):
        raise UserError(f"{folder}: {len(source.layout.channel_names)} channels, {len(task.modality)} released; unpack it again.")
    return tuple(replace(record, licence=LICENCE) for record in source.records())


@dataclass(frozen=True, slots=True)
class AsDecathlon:
    """The records of another source after they have been written in the Decathlon's layout and read back by its reader.

    What comes back lies on the same grid, turned so that its axes run to the right, the front and the head.
    """

    source: Source
    modality: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the source."""
        return self.source.name

    @property
    def tier(self) -> Tier:
        """Of the source."""
        return self.source.tier

    @property
    def description(self) -> str:
        """Of the source."""
        return f"{self.source.description} In the Decathlon's layout."

    def records(self) -> Sequence[Record]:
        """One record a volume; subjects, licences and tags are those of the source, which the layout does not hold."""
        return _through(self)


@lru_cache(maxsize=8)
def _through(made: AsDecathlon) -> tuple[Record, ...]:
    originals = {record.id: record for record in made.source.records()}
    licence = next(iter(originals.values())).licence or ""
    with TemporaryDirectory(prefix="vesalius-decathlon-") as name:
        folder = Path(name)
        write_decathlon(list(originals.values()), folder, name=made.name, modality=made.modality, licence=licence)
        # Read whole, for the files go with the folder.
        found = [replace(record, fields=dict(record.fields)) for record in open_folder(folder).records()]
    by_id = {record.id: record for record in found}
    return tuple(replace(original, fields=by_id[id].fields) for id, original in originals.items())
