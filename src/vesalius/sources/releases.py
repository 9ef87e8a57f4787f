"""The data sets that have a reader here: where they come from and under which licence."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from vesalius.names import Tier
from vesalius.sources.public import root


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A data set, how to obtain it, and how to see that it is there.

    Attributes:
        needs: the package that carries a packaged set, or the folder of a public one under ``VESALIUS_DATA``.
    """

    name: str
    tier: Tier
    title: str
    licence: str
    obtain: str
    needs: str

    @property
    def present(self) -> bool:
        """Whether it can be read now."""
        return find_spec(self.needs) is not None if self.tier == "packaged" else root.present(*self.needs.split("/"))


RELEASES: Sequence[Release] = (
    Release(
        name="mni152",
        tier="packaged",
        title="ICBM 152 averaged T1 with grey- and white-matter maps",
        licence="ICBM 152 licence, free for any use with its notice",
        obtain="pip install nilearn",
        needs="nilearn",
    ),
    Release(
        name="breast-cancer",
        tier="packaged",
        title="Wisconsin diagnostic breast cancer: cell nuclei of 569 needle aspirates",
        licence="CC BY 4.0",
        obtain="pip install scikit-learn",
        needs="sklearn",
    ),
    Release(
        name="survival-cohorts",
        tier="packaged",
        title="WHAS500, GBSG2 and Veterans: heart attack, breast and lung cancer",
        licence="GPL-3.0 as shipped by scikit-survival",
        obtain="pip install scikit-survival",
        needs="sksurv",
    ),
    Release(
        name="dsb2018",
        tier="public",
        title="Nuclei of the 2018 Data Science Bowl (BBBC038), images/ and labels/ as PNG",
        licence="CC0-1.0",
        obtain="https://bbbc.broadinstitute.org/BBBC038",
        needs="dsb2018/images",
    ),
    Release(
        name="drive",
        tier="public",
        title="DRIVE: 40 fundus photographs with vessel masks",
        licence="research use",
        obtain="https://drive.grand-challenge.org",
        needs="drive/training",
    ),
    Release(
        name="covid-xray",
        tier="public",
        title="Chest radiographs with COVID-19, pneumonia or no finding, 224 x 224 JPEG by class",
        licence="research use",
        obtain="https://github.com/muhammedtalo/COVID-19",
        needs="covid-xray/covid-19",
    ),
    Release(
        name="msd",
        tier="public",
        title="Medical Segmentation Decathlon: CT and MR of ten organs with masks, unpacked as msd/Task01_BrainTumour and so on",
        licence="CC BY-SA 4.0",
        obtain="http://medicaldecathlon.com",
        needs="msd",
    ),
    Release(
        name="medscribble",
        tier="public",
        title="MedScribble: 42 slices of twelve sets with scribbles by three people",
        licence="of each source, see the MedScribble paper",
        obtain="https://github.com/halleewong/ScribblePrompt",
        needs="medscribble",
    ),
    Release(
        name="totalsegmentator",
        tier="public",
        title="Test cases of TotalSegmentator: a CT with 41 and an MR with 24 structures",
        licence="Apache-2.0",
        obtain="https://github.com/wasserth/TotalSegmentator/tree/master/tests/reference_files",
        needs="totalsegmentator/example_seg.nii.gz",
    ),
    Release(
        name="medagentsbench",
        tier="public",
        title="MedAgentsBench questions and the answers recorded from ten models",
        licence="Apache-2.0",
        obtain="https://github.com/gersteinlab/medagents-benchmark",
        needs="llm-outputs/medagentsbench.csv.gz",
    ),
    Release(
        name="mirage",
        tier="public",
        title="MIRAGE questions, and raw answers of GPT-3.5 and GPT-4 with and without retrieval",
        licence="MIT and each source's own",
        obtain="https://github.com/Teddy-XiongGZ/MIRAGE",
        needs="llm-outputs/mirage-medqa.jsonl.gz",
    ),
)
