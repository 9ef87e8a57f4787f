"""Detection metrics beside their peers, on the same input, in one process.

    python benchmarks/metrics.py detection

pycocotools is given its own objects ready made; building them is not timed.
"""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec

from clock import milliseconds
from vesalius.conformance.detection import blood_smears, coco_figures, coco_objects, scenes
from vesalius.metrics.detection import box_mean_average_precision, coco_summary
from vesalius.sources.public import root

REPEATS = 5


def rows() -> Iterator[tuple[str, float, float]]:
    """What was measured, milliseconds of the peer, milliseconds of ours."""
    if not find_spec("pycocotools"):
        print("pycocotools is not installed: its rows are absent.")
        return
    inputs = {"1,000 random images, 3 classes": scenes(1000, 3), "300 random images, 20 classes": scenes(300, 20)}
    if root.present("bccd"):
        inputs["364 blood smears"] = blood_smears()
    for name, (predictions, truths) in inputs.items():
        objects = coco_objects(predictions, truths)
        theirs = milliseconds(partial(coco_figures, *objects), repeats=2)
        yield f"COCO's 12 figures, {name}: pycocotools", theirs, milliseconds(partial(coco_summary, predictions, truths))
        theirs = milliseconds(partial(coco_figures, *objects, only_map=True), repeats=2)
        yield f"mAP alone, {name}: pycocotools", theirs, milliseconds(partial(box_mean_average_precision, predictions, truths))
