"""A segmenter that configures itself."""

from collections.abc import Sequence
from pathlib import Path

from vesalius.errors import UserError
from vesalius.learners.checkpoints import History
from vesalius.learners.fingerprint import fingerprint
from vesalius.learners.plan import Plan, make_plan, read_plan, write_plan
from vesalius.learners.segmenter import Segmenter
from vesalius.nets.unet import UNet
from vesalius.records import Record
from vesalius.tasks import Prediction

PLAN = "plan.json"


class PlannedSegmenter:
    """A U-Net and its training as a plan has them: one made of the training records, or a given one.

    Args:
        steps: optimiser updates, where the plan is made.
        seed: of the weights and patches.
        voxels: of a batch, where the plan is made.
        width: channels at full resolution, where the plan is made.
        image, target: names of the fields.
        plan: to follow instead of making one.
    """

    def __init__(
        self,
        *,
        steps: int,
        seed: int,
        voxels: int = 2**17,
        width: int = 16,
        image: str = "image",
        target: str = "mask",
        plan: Plan | None = None,
    ) -> None:
        self._steps, self._seed, self._voxels, self._width = steps, seed, voxels, width
        self._image, self._target = image, target
        self._given = self.plan = plan
        self._segmenter = None if plan is None else self._made(plan)

    @property
    def trained_parameters(self) -> int:
        """Weights of the network; 0 before there is a plan."""
        return 0 if self._segmenter is None else self._segmenter.trained_parameters

    @property
    def histories(self) -> dict[str, History]:
        """The curves of the training."""
        return {} if self._segmenter is None else self._segmenter.histories

    def train_for(self, steps: int) -> None:
        """Take so many optimiser updates, where the plan is made."""
        self._steps = steps

    def follow(self, plan: Plan) -> None:
        """Follow this plan instead of making one."""
        self._given, self.plan, self._segmenter = plan, plan, self._made(plan)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Make the plan if none was given, and train as it says.

        Raises:
            UserError: as the segmenter does, or if the records are not those that the plan is for.
        """
        found = fingerprint(train, self._image, self._target)
        self.plan = self._given or make_plan(found, steps=self._steps, voxels=self._voxels, width=self._width)
        if (self.plan.channels, self.plan.labels) != (found.channels, found.labels):
            raise UserError(
                f"The plan is for {self.plan.channels} channels and the labels {', '.join(self.plan.labels)}; the records have "
                f"{found.channels} and {', '.join(found.labels)}: have a plan made for them."
            )
        self._segmenter = self._made(self.plan)
        self._segmenter.fit(train, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A label mask of the image's own size for each record.

        Raises:
            UserError: before ``fit`` or ``load``.
        """
        if self._segmenter is None:
            raise UserError("This segmenter has no plan yet: fit or load it first.")
        return self._segmenter.predict(records)

    def save(self, folder: Path) -> None:
        """Write the plan (JSON), and what the segmenter writes.

        Raises:
            UserError: before ``fit`` or ``load``.
        """
        if self._segmenter is None or self.plan is None:
            raise UserError("This segmenter has no plan yet: fit or load it first.")
        write_plan(self.plan, folder / PLAN)
        self._segmenter.save(folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing or damaged.
        """
        plan = read_plan(folder / PLAN)
        segmenter = self._made(plan)
        segmenter.load(folder)
        self.plan, self._segmenter = plan, segmenter

    def _made(self, plan: Plan) -> Segmenter:
        return Segmenter(
            lambda: UNet(plan.channels, len(plan.labels) + 1, plan.widths, plan.dimensions),
            steps=plan.steps,
            seed=self._seed,
            patch=plan.patch,
            batch=plan.batch,
            learning_rate=plan.learning_rate,
            image=self._image,
            target=self._target,
            standardise=plan.standardise,
            foreground=plan.foreground,
            spacing=plan.spacing,
            flips=plan.flips,
        )
