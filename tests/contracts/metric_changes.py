"""What metrics may not notice: other places in the frame, and other names of labels and classes."""

import numpy as np

from tests.contracts.metric_draws import CLASSES

SHIFT = 3


def offsets(rng, axes):
    """Margins before and after, along each axis, at two different places."""
    here = rng.integers(0, SHIFT, axes)
    there = (here + rng.integers(1, SHIFT, axes)) % SHIFT
    return [[(int(each), SHIFT - 1 - int(each)) for each in place] for place in (here, there)]


def shifted(prediction, truth, rng):
    """Masks or images in a larger frame, at two places."""
    here, there = offsets(rng, truth.ndim)
    return tuple((np.pad(prediction, place), np.pad(truth, place)) for place in (here, there))


def shifted_readings(prediction, truth, rng):
    """Stacks of masks: each mask moves, the stack stays."""
    here, there = ([(0, 0), *place] for place in offsets(rng, truth.ndim - 1))
    return tuple((np.pad(prediction, place), np.pad(truth, place)) for place in (here, there))


def shifted_maps(predictions, truths, rng):
    pairs = [shifted(said, true, rng) for said, true in zip(predictions, truths)]
    return tuple(([said for said, _ in place], [true for _, true in place]) for place in zip(*pairs))


def shifted_displacement(prediction, truth, rng):
    """In a larger frame at two places, the second time with a translation on top."""
    margins = [np.array(place) + 2 for place in offsets(rng, len(prediction))]
    here, there = (np.concatenate([[(0, 0)], place]) for place in margins)
    return (np.pad(prediction, here), truth), (np.pad(prediction, there) + rng.normal(), truth)


def shifted_points(prediction, truth, rng):
    by = rng.integers(1, 9, prediction.shape[-1])
    return (prediction, truth), (prediction + by, truth + by)


def shifted_pointed_mask(prediction, truth, rng):
    return tuple((prediction + [before for before, _ in place], np.pad(truth, place)) for place in offsets(rng, truth.ndim))


def renamed_masks(prediction, truth, rng):
    """Other labels above 0, small ones or so large that they no longer fit a byte or a table."""
    names = np.concatenate([[0], 1 + rng.choice(rng.choice([CLASSES, 1000, 1 << 23]), CLASSES, replace=False)])
    return names[prediction], names[truth]


def renamed_letters(prediction, truth, rng):
    names = dict(zip("ABC", rng.permutation(list("ABC")).tolist()))
    return names[prediction], names[truth]


def renamed_classes(predictions, truths, rng):
    names, codes = np.unique(np.concatenate([predictions, truths]), return_inverse=True)
    if names.dtype.kind == "U":
        renamed = rng.permutation(names)[codes]
    else:
        renamed = rng.choice(10_000, len(names), replace=False)[codes]
    return renamed[: len(truths)], renamed[len(truths) :]


def renamed_names(predictions, truths, rng):
    names = sorted({*predictions, *truths} - {None})
    new = {None: None, **{name: f"class {place}" for name, place in zip(names, rng.permutation(len(names)))}}
    return [new[name] for name in predictions], [new[name] for name in truths]


def renamed_columns(predictions, truths, rng):
    """Columns in another order; true classes, where that is what the truths are, are numbered anew."""
    order = rng.permutation(predictions.shape[1])
    return predictions[:, order], truths[:, order] if truths.ndim == 2 else np.argsort(order)[truths]


def renamed_counts(prediction, truth, rng):
    if np.ndim(prediction) == 0:
        return prediction, truth
    order = rng.permutation(len(prediction))
    return prediction[order], truth[order]


def renamed_boxes(predictions, truths, rng):
    names = rng.choice(50, 3, replace=False)
    return tuple(
        [np.column_stack([each[:, :-1], names[each[:, -1].astype(int)]]) for each in side] for side in (predictions, truths)
    )
