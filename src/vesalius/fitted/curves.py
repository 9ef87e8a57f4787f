"""The curves of a training as a picture."""

import json
from pathlib import Path

import numpy as np

HISTORIES = "histories.json"
"""What learners write beside their weights; see ``vesalius.learners.training``."""
_SMOOTH = 50


def draw_curves(model: Path, picture: Path) -> bool:
    """Loss (with its running mean) and validation score of each training of a saved learner; false where it kept none."""
    if not (model / HISTORIES).exists():
        return False
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    histories = {name: one for name, one in json.loads((model / HISTORIES).read_text(encoding="utf-8")).items() if one["losses"]}
    if not histories:
        return False
    figure = Figure(figsize=(8, 3.2 * len(histories)), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, one) in zip(figure.subplots(len(histories), squeeze=False)[:, 0], histories.items()):
        losses = np.array(one["losses"])
        width = max(1, min(_SMOOTH, len(losses) // 10))
        axes.plot(range(1, len(losses) + 1), losses, color="#c9ced4", linewidth=0.8)
        mean = np.convolve(losses, np.ones(width) / width, mode="valid")
        axes.plot(range(width, len(losses) + 1), mean, color="#59636e", label=f"loss, mean of {width} steps")
        axes.set(title=name, xlabel="step", ylabel="loss")
        if one["scores"]:
            steps, scores = zip(*one["scores"])
            right = axes.twinx()
            right.plot(steps, scores, "o-", color="#0a5fa4", label="validation score")
            right.set_ylabel("validation score", color="#0a5fa4")
            right.set_ylim(min(0.0, *scores), max(1.0, *scores))
    figure.savefig(picture, dpi=120)
    return True
