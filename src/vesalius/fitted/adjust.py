"""What a user may set of a learner besides its size: the steps of its training, or a plan of their own."""

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from vesalius.errors import UserError
from vesalius.learners.learner import Learner, Planning, Stepwise
from vesalius.sources.folders import FolderSource


def set_steps(learner: Learner, steps: int, arm: str) -> None:
    """Have the learner take so many optimiser updates.

    Raises:
        UserError: if there are none, or it has not one training but several, or none at all.
    """
    if steps < 1:
        raise UserError(f"--steps {steps}: give a number from 1.")
    if not isinstance(learner, Stepwise):
        raise UserError(f"--steps {steps}: {arm} has no single training that it could be the length of; choose a --size instead.")
    learner.train_for(steps)


def set_plan(learner: Learner, file: Path, arm: str, source: FolderSource) -> str:
    """Have the learner follow the plan of a file; its digest.

    Raises:
        UserError: if the learner makes no plan, or the file is damaged or for other images; it names the field.
    """
    from vesalius.learners.plan import read_plan

    if not isinstance(learner, Planning):
        raise UserError(f"--plan {file}: {arm} makes no plan that another could replace; choose an --arm that does.")
    plan, found = read_plan(file), source.inspection
    axes = found.seen[0].axes
    remedy = "correct it, or have a new plan made without --plan."
    if plan.channels != found.channels:
        raise UserError(f"{file}, field channels: {plan.channels} where the images have {found.channels}; {remedy}")
    if plan.labels != found.names:
        raise UserError(f"{file}, field labels: {', '.join(plan.labels)} where the masks have {', '.join(found.names)}; {remedy}")
    if plan.dimensions > axes:
        raise UserError(f"{file}, field dimensions: {plan.dimensions} where the images have {axes}; {remedy}")
    if plan.spacing is not None and len(plan.spacing) != axes:
        raise UserError(f"{file}, field spacing: {len(plan.spacing)} numbers where the images have {axes} axes; {remedy}")
    learner.follow(plan)
    return sha256(json.dumps(asdict(plan), sort_keys=True).encode()).hexdigest()
