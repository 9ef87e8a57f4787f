from itertools import product
from math import ceil

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.sliding_window import segment

torch.set_num_threads(1)


def network_of(classes, axes, seed=0):
    """A network whose answer depends on the place in the window, so that weights and windows matter."""
    torch.manual_seed(seed)
    kind = torch.nn.Conv2d if axes == 2 else torch.nn.Conv3d
    return kind(1, classes, 3, padding=1).eval()


def brute_force(network, image, roi, overlap):
    """Scores of the whole image, K × image: each window by the formula of MONAI, padded with zeros."""
    pads = [max(size - length, 0) for size, length in zip(roi, image.shape[1:])]
    padded = np.pad(image.numpy(), [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads)])
    starts = []
    for length, size in zip(padded.shape[1:], roi):
        step = max(int(size * (1 - overlap)), 1)
        starts.append([min(index * step, length - size) for index in range(ceil((length - size) / step) + 1)])
    scores, total = 0, 0
    weights = np.exp(-sum(((np.indices(roi)[axis] - (size - 1) / 2) / (size / 8)) ** 2 for axis, size in enumerate(roi)) / 2)
    weights = np.maximum(weights, max(weights.min(), 1e-3))
    for corner in product(*starts):
        at = (slice(None), *(slice(start, start + size) for start, size in zip(corner, roi)))
        with torch.no_grad():
            logits = network(torch.from_numpy(padded[at])[None])[0].double().numpy()
        if corner == tuple(axis[0] for axis in starts):
            scores, total = np.zeros((len(logits), *padded.shape[1:])), np.zeros((1, *padded.shape[1:]))
        scores[at] += weights * logits
        total[at] += weights
    inside = tuple(slice(pad // 2, pad // 2 + length) for pad, length in zip(pads, image.shape[1:]))
    return (scores / total)[:, *inside]


def agree(labels, scores):
    """Equal wherever the best score leads by more than rounding."""
    first, second = np.sort(scores, axis=0)[[-1, -2]]
    clear = first - second > 1e-5
    assert clear.mean() > 0.99
    assert np.array_equal(labels[clear], scores.argmax(axis=0)[clear])


CASES = [
    ((20, 24), (8, 8), 0.5),
    ((21, 17), (8, 6), 0.5),
    ((5, 30), (8, 8), 0.25),
    ((3, 4), (8, 7), 0.5),
    ((19, 23), (7, 9), 0.7),
    ((16, 16), (8, 8), 0.0),
    ((12, 12, 12), (6, 6, 6), 0.5),
    ((13, 7, 11), (6, 8, 5), 0.4),
]


@pytest.mark.parametrize(("sizes", "roi", "overlap"), CASES)
@pytest.mark.parametrize("batch", [1, 3])
def test_labels_are_those_of_all_scores_at_once(sizes, roi, overlap, batch):
    torch.manual_seed(1)
    network, image = network_of(5, len(sizes)), torch.randn(1, *sizes)
    labels = segment(network, image, classes=5, roi=roi, overlap=overlap, batch=batch)
    assert labels.shape == sizes and labels.dtype == np.uint8
    agree(labels, brute_force(network, image, roi, overlap))


def test_weights_decide_where_windows_differ():
    # Each window says 1 in its left half and 0 in its right: with equal weights the overlaps would be tied.
    def network(image_BCHW):
        left = (torch.arange(8) < 4).float().expand_as(image_BCHW)
        return torch.cat((1 - left, left), dim=1)

    labels = segment(network, torch.zeros(1, 8, 12), classes=2, roi=(8, 8))
    # Of the four columns in both windows, each follows the window whose centre is nearer.
    assert labels[4].tolist() == [1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("sizes", [(24, 40), (16, 20, 24)])
def test_less_memory_gives_the_same_labels(sizes):
    network, image, roi = network_of(6, len(sizes)), torch.randn(1, *sizes), (8,) * len(sizes)
    counts, labels = [], []

    def counted(image_BCS):
        counts[-1] += 1
        return network(image_BCS)

    window = 6 * 4 * 8 ** len(sizes) / 2**20
    for memory_mib in (1024, 3 * window):
        counts.append(0)
        labels.append(segment(counted, image, classes=6, roi=roi, memory_mib=memory_mib))
    assert np.array_equal(*labels)
    assert counts[1] > counts[0], "the small budget must have cut the image into parts"


def test_scores_held_stay_within_the_memory(monkeypatch):
    from vesalius.learners import sliding_window

    sizes, roi, classes, held = (32, 32, 32), (8, 8, 8), 4, []
    add = sliding_window._Pending.add

    def watched(pending, windows, logits):
        for done in add(pending, windows, logits):
            held.append(logits.numel() + sum(scores.numel() for scores in pending._scores.values()))
            yield done

    monkeypatch.setattr(sliding_window._Pending, "add", watched)
    for memory_mib in (0.6, 0.2, 0.08):
        held.clear()
        segment(network_of(classes, 3), torch.randn(1, *sizes), classes=classes, roi=roi, memory_mib=memory_mib)
        assert 4 * max(held) <= memory_mib * 2**20


def test_flips_make_a_lopsided_network_even_handed():
    # Its logits are those of the voxel to the left; with flips, left and right have equal say.
    def network(image_BCHW):
        shifted = torch.roll(image_BCHW, 1, dims=3)
        return torch.cat((0.25 - shifted, shifted - 0.25), dim=1)

    image = torch.zeros(1, 8, 8)
    image[0, 4, 3] = 1
    once = segment(network, image, classes=2, roi=(8, 8))
    both = segment(network, image, classes=2, roi=(8, 8), flips=True)
    assert np.argwhere(once).tolist() == [[4, 4]]
    assert np.argwhere(both).tolist() == [[4, 2], [4, 4]]


def test_flips_are_the_mean_over_all_of_them():
    network, image = network_of(4, 3), torch.randn(1, 6, 6, 6)
    every = [[], [2], [3], [4], [2, 3], [2, 4], [3, 4], [2, 3, 4]]
    with torch.no_grad():
        logits = sum(network(image[None].flip(axes)).flip(axes) for axes in every)[0]
    agree(segment(network, image, classes=4, roi=(6, 6, 6), flips=True), logits.numpy())


def test_more_than_256_classes_take_two_bytes():
    def network(image_BCHW):
        return torch.nn.functional.one_hot(image_BCHW[:, 0].long(), 300).movedim(-1, 1).float()

    labels = segment(network, torch.arange(300.0).reshape(1, 15, 20), classes=300, roi=(8, 8))
    assert labels.dtype == np.uint16
    assert np.array_equal(labels, np.arange(300).reshape(15, 20))


def test_labels_are_those_of_monai():
    inferers = pytest.importorskip("monai.inferers")
    network, image = network_of(7, 3), torch.randn(1, 21, 18, 30)
    peer = inferers.SlidingWindowInferer((8, 8, 12), overlap=0.5, mode="gaussian")
    with torch.no_grad():
        scores = peer(image[None], network)[0].numpy()
    agree(segment(network, image, classes=7, roi=(8, 8, 12)), scores)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"roi": (8, 8, 8)}, "roi"),
        ({"overlap": 1.0}, "overlap"),
        ({"memory_mib": 1e-4}, "memory_mib"),
        ({"classes": 3}, "classes"),
    ],
)
def test_what_cannot_be_done_is_named(options, named):
    with pytest.raises(UserError, match=named):
        segment(network_of(2, 2), torch.zeros(1, 16, 16), **{"classes": 2, "roi": (8, 8)} | options)
