"""A fitted learner from its folder."""

from pathlib import Path

from vesalius.errors import UserError
from vesalius.fitted.description import Choice, Images
from vesalius.fitted.question import build, template_task
from vesalius.learners.learner import Learner
from vesalius.systems.system import System


def load_learner(system: System, choice: Choice, images: Images, model: Path) -> Learner:
    """The learner as it was after fitting.

    Raises:
        UserError: if its files are missing, damaged, or of another configuration.
    """
    if not model.is_dir():
        raise UserError(f"{model}: missing; fit again, or restore the folder.")
    _, learner = build(system, choice.arm, template_task(images), choice.size, choice.seed)
    learner.load(model)
    return learner
