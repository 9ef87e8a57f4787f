"""Every public release of text that has a reader, by name."""

from collections.abc import Mapping

from vesalius.sources.public.bioasq import BIOASQ, BIOASQ_IDEAL
from vesalius.sources.public.challenge_clinical_qa import JAMA, MEDBULLETS_4, MEDBULLETS_5
from vesalius.sources.public.cmexam import CMEXAM
from vesalius.sources.public.cmqcic import CMQCIC
from vesalius.sources.public.dialogue_notes import ACI_BENCH, MTS_DIALOG
from vesalius.sources.public.frenchmedmcqa import FRENCHMEDMCQA
from vesalius.sources.public.headqa import HEADQA_EN, HEADQA_ES
from vesalius.sources.public.healthfc import HEALTHFC_DE, HEALTHFC_EN
from vesalius.sources.public.medec import MEDEC
from vesalius.sources.public.mediqal import MEDIQAL_MCQM, MEDIQAL_MCQU, MEDIQAL_OEQ
from vesalius.sources.public.medmcqa import MEDMCQA
from vesalius.sources.public.medqa import MEDQA_4, MEDQA_5
from vesalius.sources.public.medquad import MEDQUAD
from vesalius.sources.public.medxpertqa import MEDXPERTQA
from vesalius.sources.public.mmlu import MMLU_MEDICAL
from vesalius.sources.public.public_set import PublicSet
from vesalius.sources.public.pubmedqa import PUBMEDQA

SINGLE = (
    MEDQA_4,
    MEDQA_5,
    MEDMCQA,
    PUBMEDQA,
    MMLU_MEDICAL,
    BIOASQ,
    HEALTHFC_EN,
    HEALTHFC_DE,
    CMQCIC,
    MEDIQAL_MCQU,
    MEDBULLETS_4,
    MEDBULLETS_5,
    JAMA,
    MEDXPERTQA,
    HEADQA_ES,
    HEADQA_EN,
)
"""Questions with one right option."""

SEVERAL = (FRENCHMEDMCQA, CMEXAM, MEDIQAL_MCQM)
"""Questions of which some have several right options."""

WRITTEN = (BIOASQ_IDEAL, MEDIQAL_OEQ, MEDQUAD, MTS_DIALOG, ACI_BENCH, MEDEC)
"""What is answered by a text; of MEDEC, a flag and a sentence too."""

TEXT_SETS: Mapping[str, PublicSet] = {each.name: each for each in (*SINGLE, *SEVERAL, *WRITTEN)}
