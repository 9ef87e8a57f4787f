"""How fast an interactive segmenter answers, on one thread, and how far a few corrections take it.

    python benchmarks/interactive.py [--steps 5] [--train]

Prints milliseconds a prediction at 128 and 256 pixels for ScribblePrompt's network at the default and the paper's width, beside
the random walker at the same size. With ``--train``, the default learners are trained first, on public data, and their mean Dice
on the held-out sets is printed after each round of simulated interaction, of clicks and of scribbles.
"""

import argparse

import numpy as np
import torch

from clock import Row, milliseconds, print_rows
from vesalius.learners.interactive import CHANNELS, Interactive
from vesalius.learners.random_walker import walk
from vesalius.learners.simulated_user import SimulatedUser
from vesalius.learners.task_examples import Example, example_of
from vesalius.metrics import dice
from vesalius.names import Size
from vesalius.nets.unet import UNet
from vesalius.systems.segmentation.scribbleprompt import BUDGETS, SYSTEM


def row(size: Size, side: int) -> Row:
    """The random walker beside one network at one size."""
    network = UNet(CHANNELS, 2, BUDGETS[size].widths).eval().to(memory_format=torch.channels_last)
    inputs = torch.rand(1, CHANNELS, side, side).contiguous(memory_format=torch.channels_last)
    image, marks = np.random.default_rng(0).random((side, side), dtype=np.float32), np.zeros((2, side, side), dtype=bool)
    marks[0, side // 2, side // 4 : side // 2], marks[1, :4] = True, True
    with torch.inference_mode():
        ours = milliseconds(lambda: network(inputs), repeats=3)
    return f"{size} network, {side} pixels", milliseconds(lambda: walk(image, *marks), repeats=2), ours


def dice_of_rounds(learner: Interactive, example: Example, user: SimulatedUser, rounds: int, seed: int) -> list[float]:
    """Dice after each round: the first prompts, then one correction a round."""
    generator = np.random.default_rng(seed)
    maps, before, scores = user.first(example.region, generator), None, []
    for _ in range(rounds):
        before = learner.respond(example.image, maps, before).numpy()
        scores.append(float(dice((before > 0).astype(np.uint8), example.region.astype(np.uint8))))
        maps = user.corrected(maps, example.region, before > 0, generator)
    return scores


def print_rounds(rounds: int) -> None:
    """Mean Dice on the held-out sets after each round, for both trained arms."""
    task = SYSTEM.tasks["medscribble"]("default")[0]
    split = task.split(task.source.records())
    records = list({record.subject_id: record for record in split.test}.values())
    examples = [example_of(record, BUDGETS["default"].size, "image", "mask") for record in records]
    arms = {**SYSTEM.learners(task, "default"), **SYSTEM.baselines(task, "default")}
    for name in ("scribbleprompt", "clicks-and-boxes"):
        learner = arms[name](0)
        learner.fit(split.train, split.validation)
        for kind in ("clicks", "scribbles"):
            user = SimulatedUser((kind,))
            scores = [dice_of_rounds(learner, example, user, rounds, seed) for seed, example in enumerate(examples)]
            print(f"{name:18} {kind:10}", *(f"{score:.3f}" for score in np.mean(scores, axis=0)), flush=True)


def main() -> None:
    """Print a line for each network and size, and for each kind of interaction."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=5, help="rounds of interaction")
    parser.add_argument("--train", action="store_true", help="train the default learner and follow its Dice")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print_rows(row(size, side) for size in ("default", "paper") for side in (128, 256))
    if options.train:
        print_rounds(options.steps)


if __name__ == "__main__":
    main()
