"""The simulators of images by short name, each with a few records that show what it can plant."""

from collections.abc import Mapping

from vesalius.sources.simulators.brain_mr import BrainMr
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.simulators.fundus import Fundus
from vesalius.sources.simulators.graders import Graders
from vesalius.sources.simulators.ultrasound import Ultrasound
from vesalius.tasks import Source

EXAMPLES: Mapping[str, Source] = {
    "chest-xray": ChestXray(count=8, size=192),
    "fundus": Fundus(count=3, size=192, lesions=6),
    "ultrasound": Ultrasound(count=3, size=192),
    "graders": Graders(count=3, size=96),
    "ct": CtPhantom(count=1, size=112),
    "brain-mr": BrainMr(count=1, size=112),
}
