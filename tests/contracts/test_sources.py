import pytest

from tests.trials.toys import Questions
from vesalius.checks import check_source
from vesalius.sources.packaged.cohorts import COHORTS
from vesalius.sources.packaged.mni152 import Mni152
from vesalius.sources.public.drive import Drive
from vesalius.sources.public.dsb2018 import Dsb2018
from vesalius.sources.public.medagentsbench import MedAgentsBench
from vesalius.sources.public.mirage import Mirage
from vesalius.sources.simulators.noisy_labels import NoisyLabels
from vesalius.sources.simulators.recorded_answers import SimulatedAnswers

HERE = [Questions(), Mni152(), NoisyLabels("label"), NoisyLabels("survival"), SimulatedAnswers(), *COHORTS.values()]
PUBLIC = {
    "dsb2018": Dsb2018(),
    "drive": Drive(),
    "medagentsbench": MedAgentsBench("medqa", "test"),
    "mirage": Mirage("pubmedqa"),
}


@pytest.mark.parametrize("source", HERE, ids=lambda source: source.name)
def test_packaged_source_or_simulator_keeps_its_contract(source):
    check_source(source)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_source_keeps_its_contract(name, public_data):
    public_data(name)
    check_source(PUBLIC[name])
