"""The selective scan and sliding-window segmentation beside their peers, on the same input.

    python benchmarks/imaging.py [--threads 2]

The scan's peer is the reference one in transformers, a loop over the sequence, as its Mamba layers call it on a CPU: scan against
scan, without the projections around it. The sliding window's is MONAI's followed by argmax, with a network that costs next to
nothing but whose scores differ by class and place. Each side of the latter runs in a process of its own, whose peak is printed.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from clock import Row, milliseconds, print_rows
from vesalius.learners.sliding_window import segment
from vesalius.nets.selective_scan import selective_scan

LENGTH, STATES = 4_096, 16
CLASSES, SIZE, ROI = 100, 192, 64


def scan_input(batch: int, channels: int, length: int = LENGTH) -> list[Tensor]:
    """Steps, rates and maps in the range where Mamba initialises them."""
    torch.manual_seed(0)
    step = torch.rand(batch, channels, length) * 0.1
    rates = -torch.arange(1.0, STATES + 1).expand(channels, STATES).contiguous()
    maps = torch.randn(2, batch, STATES, length)
    return [torch.randn(batch, channels, length), step, rates, *maps, torch.randn(channels)]


def scan_rows() -> Iterator[Row]:
    """Output only, then output and gradients."""
    from transformers.models.mamba.modeling_mamba import mamba_selective_scan

    for batch, channels in ((1, 96), (1, 192), (2, 192), (1, 768)):
        inputs = scan_input(batch, channels)
        with torch.no_grad():
            ours, theirs = selective_scan(*inputs), mamba_selective_scan(*inputs)
            off = float((ours - theirs).abs().max() / theirs.abs().max())
            what = f"selective scan, {batch} × {channels} × {LENGTH}, largest difference {off:.0e}"
            peer = milliseconds(lambda: mamba_selective_scan(*inputs), repeats=3)  # noqa: B023
            yield what, peer, milliseconds(lambda: selective_scan(*inputs))  # noqa: B023
    inputs = [values.requires_grad_() for values in scan_input(1, 96, LENGTH // 4)]
    peer = milliseconds(lambda: torch.autograd.grad(mamba_selective_scan(*inputs).sum(), inputs), repeats=1)
    own = milliseconds(lambda: torch.autograd.grad(selective_scan(*inputs).sum(), inputs))
    yield f"with gradients, 1 × 96 × {LENGTH // 4}", peer, own


def volume() -> Tensor:
    """Noise of one channel."""
    return torch.randn(1, SIZE, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def cheap_network(image_BCDHW: Tensor) -> Tensor:
    """Each class a line in the intensity, tangent to a parabola, so that bands of intensity go to different classes."""
    slope_K = torch.linspace(-3, 3, CLASSES)[:, None, None, None]
    return torch.addcmul(-(slope_K**2) / 2, slope_K, image_BCDHW)


def by_vesalius(image_CDHW: Tensor) -> np.ndarray:
    """Labels by the running argmax."""
    return segment(cheap_network, image_CDHW, classes=CLASSES, roi=(ROI,) * 3)


def by_monai(image_CDHW: Tensor) -> np.ndarray:
    """Labels of all scores at once."""
    from monai.inferers import SlidingWindowInferer

    inferer = SlidingWindowInferer((ROI,) * 3, overlap=0.5, mode="gaussian")
    with torch.inference_mode():
        return inferer(image_CDHW[None], cheap_network)[0].argmax(dim=0).numpy().astype(np.uint8)


def measure(work: Callable[[Tensor], np.ndarray], threads: int, repeats: int) -> tuple[np.ndarray, float, float]:
    """Labels, milliseconds of the best run, MiB of the process at its peak."""
    torch.set_num_threads(threads)
    image_CDHW, times = volume(), []
    for _ in range(repeats):
        start = time.perf_counter()
        labels = work(image_CDHW)
        times.append(1e3 * (time.perf_counter() - start))
    return labels, min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def window_row(threads: int, repeats: int) -> Row:
    """Both sides, alone in a process each."""
    results = {}
    for work in (by_monai, by_vesalius):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results[work] = pool.apply(measure, (work, threads, repeats))
    (theirs, peer, peer_peak), (ours, own, peak) = results.values()
    same = 100 * float((ours == theirs).mean())
    what = f"{CLASSES} classes, {SIZE}³, windows of {ROI}³: {same:.4f} % equal labels"
    return f"{what}; peak of the process {peer_peak:,.0f} → {peak:,.0f} MiB", peer, own


def main() -> None:
    """One line for each comparison whose peer is installed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # First, for Linux hands the peak of a process on to those that it starts.
    if find_spec("monai"):
        print_rows([window_row(options.threads, options.repeats)])
    else:
        print("monai is not installed: its row is absent.")
    if find_spec("transformers"):
        print_rows(scan_rows())
    else:
        print("transformers is not installed: its rows are absent.")


if __name__ == "__main__":
    main()
