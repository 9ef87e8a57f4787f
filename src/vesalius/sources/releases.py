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
        needs: the package that carries a packaged set, or the folder of a public one under ``VESALIUS_DATA``; where it may lie
            in several places, each of them, with bars between.
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
        if self.tier == "packaged":
            return find_spec(self.needs) is not None
        return any(root.present(*place.split("/")) for place in self.needs.split("|"))


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
    Release(
        name="point-detect-count",
        tier="public",
        title="PointDetectCount: answers of Qwen2.5-VL about medical images, as it is and fine-tuned",
        licence="research use",
        obtain="https://github.com/simula/PointDetectCount",
        needs="llm-outputs/pointdetectcount/qwen-finetuned-6task-test500-result.jsonl",
    ),
    Release(
        name="medqa",
        tier="public",
        title="MedQA: USMLE questions with four and with five options, data_clean/questions/US",
        licence="MIT",
        obtain="https://github.com/jind11/MedQA",
        needs="medqa|mirage/medqa",
    ),
    Release(
        name="medmcqa",
        tier="public",
        title="MedMCQA: Indian medical entrance exams, data/train.json and data/dev.json",
        licence="MIT",
        obtain="https://github.com/medmcqa/medmcqa",
        needs="medmcqa|mirage/medmcqa",
    ),
    Release(
        name="pubmedqa",
        tier="public",
        title="PubMedQA: 1,000 questions with abstracts and expert labels",
        licence="MIT",
        obtain="https://github.com/pubmedqa/pubmedqa",
        needs="pubmedqa/ori_pqal.json|pubmedqa/data/ori_pqal.json",
    ),
    Release(
        name="mmlu",
        tier="public",
        title="MMLU: its six medical subjects, data/test/anatomy_test.csv and so on",
        licence="MIT",
        obtain="https://github.com/hendrycks/test",
        needs="mmlu|mirage/mmlu",
    ),
    Release(
        name="bioasq",
        tier="public",
        title="BioASQ task B: questions with documents, snippets and answers",
        licence="CC BY 2.5",
        obtain="http://participants-area.bioasq.org/datasets",
        needs="bioasq|mirage/bioasq",
    ),
    Release(
        name="frenchmedmcqa",
        tier="public",
        title="FrenchMedMCQA: French pharmacy exams, one or several options right",
        licence="Apache-2.0",
        obtain="https://github.com/qanastek/FrenchMedMCQA",
        needs="frenchmedmcqa",
    ),
    Release(
        name="healthfc",
        tier="public",
        title="HealthFC: 750 health claims with verdict and evidence, German and English",
        licence="CC BY-NC-ND 4.0",
        obtain="https://github.com/jvladika/HealthFC",
        needs="healthfc/Datensatz.csv",
    ),
    Release(
        name="cmqcic",
        tier="public",
        title="CMQCIC-Bench: Chinese record excerpts with quality indicators, facts and rules",
        licence="see the CMQCIC-Bench release",
        obtain="https://github.com/YuY-2001/C-MQCIC",
        needs="cmqcic/data.jsonl",
    ),
    Release(
        name="medec",
        tier="public",
        title="MEDEC-MS: clinical texts with one error or none, sentence, type and correction",
        licence="CC BY 4.0",
        obtain="https://github.com/abachaa/MEDEC",
        needs="medec",
    ),
    Release(
        name="medquad",
        tier="public",
        title="MedQuAD: consumer health questions and answers as medquad.jsonl.gz",
        licence="CC BY 4.0",
        obtain="https://github.com/abachaa/MedQuAD",
        needs="medquad/medquad.jsonl.gz",
    ),
    Release(
        name="mts-dialog",
        tier="public",
        title="MTS-Dialog: short dialogues, each with a section of a note",
        licence="CC BY 4.0",
        obtain="https://github.com/abachaa/MTS-Dialog",
        needs="mts-dialog",
    ),
    Release(
        name="aci-bench",
        tier="public",
        title="ACI-Bench: visits as dialogues, each with its note",
        licence="CC BY 4.0",
        obtain="https://github.com/wyim/aci-bench",
        needs="aci-bench",
    ),
    Release(
        name="mediqal",
        tier="public",
        title="MediQAl: French medical exams, mcqu/, mcqm/ and oeq/ as JSON lines by split",
        licence="CC BY 4.0",
        obtain="https://huggingface.co/datasets/ANR-MALADES/MediQAl",
        needs="mediqal",
    ),
    Release(
        name="cmexam",
        tier="public",
        title="CMExam: Chinese medical licensing exam, data/train.csv and so on",
        licence="Apache-2.0",
        obtain="https://github.com/williamliujl/CMExam",
        needs="cmexam/data",
    ),
    Release(
        name="medbullets",
        tier="public",
        title="Medbullets: USMLE-like questions, medbullets_op4.csv and medbullets_op5.csv",
        licence="research use",
        obtain="https://github.com/HanjieChen/ChallengeClinicalQA",
        needs="medbullets",
    ),
    Release(
        name="jama",
        tier="public",
        title="JAMA Clinical Challenge: jama_raw.csv of the authors' scraper",
        licence="JAMA Network, subscription",
        obtain="https://github.com/HanjieChen/ChallengeClinicalQA",
        needs="jama/jama_raw.csv",
    ),
    Release(
        name="medxpertqa",
        tier="public",
        title="MedXpertQA Text: specialty boards with ten options, Text/dev.jsonl and Text/test.jsonl",
        licence="MIT",
        obtain="https://huggingface.co/datasets/TsinghuaC3I/MedXpertQA",
        needs="medxpertqa/Text",
    ),
    Release(
        name="headqa",
        tier="public",
        title="HEAD-QA: Spanish exams of health professions, HEAD/ and HEAD_EN/",
        licence="MIT",
        obtain="https://github.com/aghie/head-qa",
        needs="headqa",
    ),
    Release(
        name="medcalc-bench",
        tier="public",
        title="MedCalc-Bench: notes with a question for a medical calculator, dataset/test_data.csv and train_data.csv unzipped",
        licence="CC BY-SA 4.0",
        obtain="https://github.com/ncbi-nlp/MedCalc-Bench",
        needs="medcalc-bench",
    ),
    Release(
        name="smart-patients",
        tier="public",
        title="SMART sample patients: problems, medication, labs, vital signs and more as tables",
        licence="Apache-2.0",
        obtain="https://github.com/smart-on-fhir/sample-patients",
        needs="smart-patients/patients.txt",
    ),
)
