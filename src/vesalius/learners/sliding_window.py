"""Labels every voxel of an image window by window, without the class scores of the whole image in memory."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import ceil, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vesalius.errors import UserError

Place = tuple[int, ...]
"""One number for each axis: the start of a window in voxels, or the index of a cell."""


def segment(
    network: Callable[[Tensor], Tensor],
    image_CS: Tensor,
    *,
    classes: int,
    roi: Sequence[int],
    overlap: float = 0.5,
    memory_mib: float = 1024,
    batch: int = 1,
    flips: bool = False,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The class of highest score at each voxel, scores being Gaussian-weighted sums over the windows that cover it.

    Windows, weights and padding (zeros around an image smaller than a window) are those of MONAI's ``SlidingWindowInferer`` in
    its Gaussian mode. The edges of all windows cut the image into cells. A cell gets memory for its scores from the first window
    that covers it, is labelled after the last, and is then let go. Where the cells held at a time would exceed the memory, parts
    of the image are labelled one after the other, at the price of running the network again on windows that reach into two.

    Args:
        network: gives logits, batch × classes × window, on any device; a module should be in evaluation mode.
        image_CS: channels × H × W, or × D × H × W.
        classes: how many, background included.
        roi: size of a window along each axis.
        overlap: of neighbouring windows, as a share of the window.
        memory_mib: bound on the scores held, in MiB: of the cells and of one batch of windows as the network gives them.
        batch: windows given to the network at a time.
        flips: take the mean of the logits over all flips of a window.

    Returns:
        Labels, H × W or D × H × W; bytes up to 256 classes.

    Raises:
        UserError: if window and image differ in axes, the overlap is not in [0, 1), the memory is too small for any division, or
            the network gives another shape.

    >>> bright = lambda image_BCHW: torch.cat((0.5 - image_BCHW, image_BCHW - 0.5), dim=1)
    >>> segment(bright, torch.tensor([[[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]]), classes=2, roi=(2, 2))
    array([[0, 1, 1],
           [0, 0, 1]], dtype=uint8)
    """
    sizes = image_CS.shape[1:]
    if len(roi) != len(sizes):
        raise UserError(f"roi {tuple(roi)}: {len(roi)} axes where the image has {len(sizes)}; give one size for each axis.")
    if not 0 <= overlap < 1:
        raise UserError(f"overlap {overlap}: give a share of the window of at least 0 and less than 1.")
    before = [max(size - length, 0) // 2 for size, length in zip(roi, sizes)]
    after = [max(size - length - pad, 0) for size, length, pad in zip(roi, sizes, before)]
    if any(after):
        # torch names the last axis first.
        image_CS = functional.pad(image_CS, [pad for pads in zip(reversed(before), reversed(after)) for pad in pads])
    grids = [_Grid.of(length, size, overlap) for length, size in zip(image_CS.shape[1:], roi)]
    # Adding flips takes the sum so far, the new sum, the logits and their flip.
    budget = memory_mib * 2**20 / (4 * classes) - (4 if flips else 1) * batch * prod(roi)
    labels_S = np.empty(image_CS.shape[1:], np.uint8 if classes <= 256 else np.uint16)
    with torch.inference_mode():
        for part in _divide(grids, budget):
            pending = _Pending(part, classes, gaussian(roi))
            for starts in _batches(part.windows, batch):
                windows = [tuple(slice(start, start + size) for start, size in zip(place, roi)) for place in starts]
                image_BCS = torch.stack([image_CS[:, *window] for window in windows])
                for cell, label in pending.add(starts, _scores(network, image_BCS, classes, flips)):
                    labels_S[cell] = label
    return labels_S[tuple(slice(pad, pad + length) for pad, length in zip(before, sizes))]


def gaussian(roi: Sequence[int]) -> Tensor:
    """Weights of a window: a Gaussian of an eighth of its size around its centre, at least a thousandth, as MONAI's.

    >>> gaussian((3, 3))[1]
    tensor([0.0286, 1.0000, 0.0286])
    """
    weights_S = torch.ones(())
    for size in roi:
        from_centre = torch.arange(size) - (size - 1) / 2
        weights_S = weights_S[..., None] * torch.exp(-(from_centre**2) / (2 * (size / 8) ** 2))
    return weights_S.clamp(min=max(float(weights_S.min()), 1e-3))


@dataclass(frozen=True)
class _Grid:
    """One axis: where windows start, and the cells between the edges of windows."""

    size: int
    starts: tuple[int, ...]
    edges: tuple[int, ...]

    @classmethod
    def of(cls, length: int, size: int, overlap: float) -> "_Grid":
        step = max(int(size * (1 - overlap)), 1)
        starts = tuple(min(index * step, length - size) for index in range(ceil((length - size) / step) + 1))
        return cls(size, starts, tuple(sorted({*starts, *(start + size for start in starts)})))

    def covered(self, start: int, owned: range) -> list[int]:
        """The owned cells in the window that starts there."""
        return [cell for cell in owned if start <= self.edges[cell] < start + self.size]


@dataclass(frozen=True)
class _Part:
    """The cells that are labelled together: a range along each axis."""

    grids: Sequence[_Grid]
    owned: tuple[range, ...]

    @property
    def windows(self) -> list[Place]:
        """Starts of the windows that cover any of the cells, the first axis slowest."""
        return list(product(*([s for s in grid.starts if grid.covered(s, own)] for grid, own in zip(self.grids, self.owned))))

    def cells(self, window: Place) -> list[Place]:
        return list(product(*(grid.covered(start, own) for grid, start, own in zip(self.grids, window, self.owned))))

    def slices(self, cell: Place, origin: Place) -> tuple[slice, ...]:
        """Where a cell lies from an origin on."""
        return tuple(
            slice(grid.edges[index] - start, grid.edges[index + 1] - start)
            for grid, index, start in zip(self.grids, cell, origin)
        )

    def visits(self) -> Counter[Place]:
        """How many windows cover each cell."""
        return Counter(cell for window in self.windows for cell in self.cells(window))

    def most_held(self) -> int:
        """Voxels of the cells that are held at the same time, at most."""
        left, held, most = self.visits(), 0, 0
        begun: set[Place] = set()
        for window in self.windows:
            for cell in self.cells(window):
                volume = prod(part.stop - part.start for part in self.slices(cell, (0,) * len(cell)))
                held += 0 if cell in begun else volume
                begun.add(cell)
                most = max(most, held)
                left[cell] -= 1
                held -= 0 if left[cell] else volume
        return most


class _Pending:
    """Scores of the cells that some but not all of their windows have reached."""

    def __init__(self, part: _Part, classes: int, weights_S: Tensor) -> None:
        self._part, self._classes, self._weights_S = part, classes, weights_S
        self._left = part.visits()
        self._scores: dict[Place, Tensor] = {}

    def add(self, windows: Sequence[Place], logits_BKS: Tensor) -> Iterator[tuple[tuple[slice, ...], NDArray[np.integer]]]:
        """Weigh and add; gives each cell that is complete, as its place in the image, with its labels."""
        self._weights_S = self._weights_S.to(logits_BKS.device)
        for window, logits_KS in zip(windows, logits_BKS):
            for cell in self._part.cells(window):
                inside = self._part.slices(cell, window)
                weights_S, logits = self._weights_S[inside], logits_KS[:, *inside]
                scores_KS = self._scores.pop(cell, None)
                # The sum needs no division by the sum of weights, which is the same for all classes.
                scores_KS = logits * weights_S if scores_KS is None else scores_KS.addcmul_(logits, weights_S)
                self._left[cell] -= 1
                if self._left[cell]:
                    self._scores[cell] = scores_KS
                else:
                    yield self._part.slices(cell, (0,) * len(cell)), _argmax(scores_KS).cpu().numpy()


def _argmax(scores_KS: Tensor) -> Tensor:
    """The first class of highest score: class by class, for torch's reduction over the slowest axis strides through memory."""
    best_S, labels_S = scores_KS[0].clone(), torch.zeros(scores_KS.shape[1:], dtype=torch.int32, device=scores_KS.device)
    for label, scores_S in enumerate(scores_KS[1:], start=1):
        labels_S.masked_fill_(scores_S > best_S, label)
        torch.maximum(best_S, scores_S, out=best_S)
    return labels_S


def _divide(grids: Sequence[_Grid], budget: float) -> list[_Part]:
    """The fewest parts, cut across all axes but the first, that hold at most so many voxels."""
    cells = [len(grid.edges) - 1 for grid in grids]
    cuts = [1] * len(grids)
    while True:
        ranges = [[range(n * i // cut, n * (i + 1) // cut) for i in range(cut)] for n, cut in zip(cells, cuts)]
        parts = [_Part(grids, owned) for owned in product(*ranges)]
        held = max(part.most_held() for part in parts)
        if held <= budget:
            return parts
        axis = max(range(1, len(grids)), key=lambda axis: cells[axis] / cuts[axis])
        if cuts[axis] == cells[axis]:
            raise UserError("memory_mib: too small for the scores of one batch of windows; raise it, or lower batch or roi.")
        cuts[axis] += 1


def _batches(windows: Sequence[Place], batch: int) -> Iterator[Sequence[Place]]:
    for start in range(0, len(windows), batch):
        yield windows[start : start + batch]


def _scores(network: Callable[[Tensor], Tensor], image_BCS: Tensor, classes: int, flips: bool) -> Tensor:
    logits_BKS = network(image_BCS)
    expected = (len(image_BCS), classes, *image_BCS.shape[2:])
    if logits_BKS.shape != expected:
        raise UserError(f"network: its logits are of shape {tuple(logits_BKS.shape)} where {expected} is expected; set classes.")
    return (add_flips(network, image_BCS, logits_BKS) if flips else logits_BKS).float()


def add_flips(network: Callable[[Tensor], Tensor], image_BCS: Tensor, logits_BKS: Tensor) -> Tensor:
    """Logits of an image plus those of all its flips, flipped back: their sum has the argmax of their mean.

    >>> brighter = lambda image_BCHW: image_BCHW
    >>> add_flips(brighter, torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).unique()
    tensor([4.])
    """
    axes = range(2, image_BCS.ndim)
    for flipped in chain.from_iterable(combinations(axes, count) for count in range(1, len(axes) + 1)):
        logits_BKS = logits_BKS + network(image_BCS.flip(flipped)).flip(flipped)
    return logits_BKS
