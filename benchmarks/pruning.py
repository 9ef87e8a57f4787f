"""What pruning UNet++ at each depth costs in Dice and saves in time.

    python benchmarks/pruning.py [--data mni152|dsb2018|drive] [--size smoke|default|paper] [--threads 1]

One network is trained as the system trains it. Then the test records are answered in accurate mode (the mean of all heads) and in
fast mode at each depth (Zhou et al. 2018: inference with UNet++ L^d). Time is the median over records, answered one by one.
"""

import argparse
from collections.abc import Sequence
from typing import get_args

import numpy as np
import torch
from torch import Tensor, nn

from vesalius.learners.segmenter import Segmenter
from vesalius.metrics import dice
from vesalius.names import Size
from vesalius.nets.unet_plus_plus import UNetPlusPlus, name
from vesalius.records import Record
from vesalius.systems.segmentation.unet_plus_plus import SYSTEM
from vesalius.tasks import Task


class Pruned(nn.Module):
    """UNet++ that answers at one depth."""

    def __init__(self, network: UNetPlusPlus, depth: int) -> None:
        super().__init__()
        self.network, self.depth = network, depth

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Logits of the head at that depth."""
        return self.network.predict_pruned(image_BCHW, self.depth)


def weights_of(network: UNetPlusPlus, depth: int) -> int:
    """Parameters that inference at that depth reads."""
    keys = [name(level, place) for level in range(depth + 1) for place in range(depth - level + 1)]
    parts = [network.nodes[key] for key in keys] + [network.ups[key] for key in keys if key in network.ups]
    return sum(parameter.numel() for part in [*parts, network.heads[depth - 1]] for parameter in part.parameters())


def measure(learner: Segmenter, task: Task, records: Sequence[Record]) -> tuple[float, float]:
    """Mean Dice, and median milliseconds a record."""
    answers = learner.predict([task.blind(record) for record in records])
    scores = [dice(answer.value, task.truth(record)) for answer, record in zip(answers, records)]
    return float(np.mean(scores)), 1000 * float(np.median([answer.seconds for answer in answers]))


def main() -> None:
    """Train once and print one line a depth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=list(SYSTEM.tasks), default="mni152")
    parser.add_argument("--size", choices=get_args(Size), default="default")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    task = SYSTEM.tasks[options.data](options.size)[0]
    split = task.split(task.source.records())
    learner = SYSTEM.learners(task, options.size)["unet++"](0)
    learner.fit(split.train, split.validation)
    whole = learner.network
    modes = {f"fast, L{depth}": Pruned(whole, depth) for depth in range(1, whole.depth + 1)} | {"accurate": whole}
    learner.predict([task.blind(record) for record in split.test[:2]])  # the first answers are slower than those that follow
    print(f"UNet++ on {options.data}, {len(split.test)} test records, {options.threads} thread(s)")
    print(f"{'mode':<10}{'parameters':>12}{'Dice':>8}{'ms':>8}")
    for mode, network in modes.items():
        learner.network = network
        score, milliseconds = measure(learner, task, split.test)
        parameters = weights_of(whole, network.depth) if isinstance(network, Pruned) else learner.trained_parameters
        print(f"{mode:<10}{parameters:>12,}{score:>8.4f}{milliseconds:>8.1f}")


if __name__ == "__main__":
    main()
