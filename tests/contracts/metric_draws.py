"""Random, valid predictions and truths of every kind that metrics take; a set metric's are those of all its records."""

import json

import numpy as np

CLASSES = 4
WORDS = (
    "no",
    "small",
    "left",
    "pleural",
    "effusion",
    "Effusions",
    "the",
    "edema,",
    "3.5",
    "cm",
    "mass",
    "seen",
    "lungs",
    "clear.",
)
SENTENCES = (
    "Mild cardiomegaly.",
    "No pleural effusion.",
    "Small left pleural effusion.",
    "Possible pneumonia.",
    "Lungs are clear.",
    "No pneumothorax or consolidation.",
    "Pulmonary edema.",
    "Pacemaker in place.",
)


def masks(rng, longest=7):
    shape = rng.integers(3, longest + 1, rng.integers(2, 4))
    blocks = rng.integers(0, CLASSES + 1, (shape + 1) // 2)
    for axis in range(len(shape)):
        blocks = blocks.repeat(2, axis)
    truth = blocks[tuple(map(slice, shape))] * (rng.random() > 0.1)
    changed = rng.random(shape) < rng.choice([0.0, 0.1, 0.5])
    prediction = np.where(changed, rng.integers(0, CLASSES + 1, shape), truth) * (rng.random() > 0.1)
    dtype = rng.choice([np.uint8, np.int64])
    return prediction.astype(dtype), truth.astype(dtype)


def probability_maps(rng):
    truths = [masks(rng)[1] for _ in range(rng.integers(1, 5))]
    seen = [rng.random(truth.shape) < np.where(truth > 0, 0.4, 0.05) for truth in truths]
    return [np.round(here * rng.random(here.shape), 1) for here in seen], truths


def letters(rng):
    return tuple(rng.choice(["A", "B", "C"], 2).tolist())


def suggestions(rng):
    """A letter, and the right one with the suggested one."""
    right, suggested = rng.permutation(list("ABCD"))[:2]
    return str(rng.choice(list("ABCD"))), f"{right}/{suggested}"


def calculations(rng):
    """What is said of a body mass index, and what is right; mostly with one fault."""
    weight, height = round(float(rng.uniform(45, 120)), 1), 175
    index = weight / 1.75**2
    values = {"weight": f"{weight} kg", "height": f"{height} cm"}
    work = {"calculator": "bmi", "values": values, "answer": f"{index:.6g}"}
    changes = (
        {"values": values | {"weight": "30 kg"}, "answer": "9.8"},
        {"calculator": "body-surface-area", "answer": "1.9"},
        {"answer": f"{index * 1.2:.6g}"},
    )
    said = work | (changes[rng.integers(3)] if rng.random() < 0.7 else {})
    return json.dumps(said), json.dumps(work | {"low": 0.95 * index, "high": 1.05 * index})


def chosen_options(rng):
    return tuple(",".join(rng.permutation(list("ABCDE"))[: rng.integers(1, 6)]) for _ in range(2))


def classes(rng):
    """Agreeing in half of the records; integers or strings."""
    truths = rng.integers(0, rng.integers(1, CLASSES + 1), rng.integers(1, 30))
    predictions = np.where(rng.random(len(truths)) < 0.5, truths, rng.integers(0, CLASSES, len(truths)))
    names = np.array(["none", "mild", "moderate", "severe"])
    return (names[predictions], names[truths]) if rng.random() < 0.5 else (predictions, truths)


def named_classes(rng):
    """Agreeing in half of the records; some without an answer."""
    truths = rng.choice(["none", "mild", "severe"], rng.integers(1, 30)).tolist()
    predictions = [rng.choice([truth, truth, "none", "mild", "silent"]) for truth in truths]
    return [None if one == "silent" else str(one) for one in predictions], truths


def grades(rng):
    shape = 2, rng.integers(1, 30)
    return tuple(rng.integers(0, 5, shape))


def decisions(rng):
    return tuple(rng.integers(0, 2, (2, rng.integers(1, 30))))


def labels(rng):
    return tuple(rng.integers(0, 2, (2, rng.integers(1, 20), CLASSES)))


def probabilities(rng):
    """Of the positive class, with ties."""
    truths = rng.integers(0, 2, rng.integers(1, 40))
    return np.round(rng.random(len(truths)), rng.integers(1, 4)), truths


def tables(rng):
    """Probabilities of every class, and the true class."""
    truths = rng.integers(0, CLASSES, rng.integers(1, 30))
    return rng.dirichlet(np.ones(CLASSES), len(truths)), truths


def label_tables(rng):
    """Scores of every label, and truths of 1, 0 and NaN."""
    truths = rng.choice([0.0, 1.0, np.nan], (rng.integers(1, 30), CLASSES), p=[0.6, 0.3, 0.1])
    return np.round(rng.random(truths.shape), 1), truths


def conformal_sets(rng):
    truths = rng.integers(0, CLASSES, rng.integers(1, 30))
    return rng.integers(0, 2, (len(truths), CLASSES)), truths


def group_decisions(rng):
    truths = np.column_stack([rng.integers(0, 2, 30), rng.integers(0, 3, 30)])
    return rng.integers(0, 2, len(truths)), truths


def censored(rng):
    """Times from 0, with ties, and events."""
    size = rng.integers(1, 30)
    return np.column_stack([rng.integers(0, 8, size), rng.random(size) < 0.6]).astype(float)


def risks(rng):
    truths = censored(rng)
    return np.round(rng.normal(size=len(truths)), 1), truths


def survival_at_one_time(rng):
    truths = censored(rng)
    return np.round(rng.random(len(truths)), 1), truths


def survival_curves(rng):
    truths = censored(rng)
    return np.cumprod(rng.uniform(0.5, 1, (len(truths), 5)), axis=1), truths


def rankings(rng):
    """Scores with ties and documents that were not retrieved, and grades."""
    size = rng.integers(1, 40)
    scores = np.round(rng.random(size), 1)
    scores[rng.random(size) < 0.1] = np.nan
    return scores, rng.choice([0, 1, 2], size, p=[0.7, 0.2, 0.1])


def ranked_lists(rng):
    """Ids in an order, and the right ones, of which some may not be listed."""
    ids = np.array([f"d{number}" for number in rng.permutation(30)])
    return ",".join(ids[: rng.integers(0, 20)]), ",".join(rng.choice(ids, rng.integers(1, 14), replace=False))


def boxes(rng):
    """Rows of corners, score and class; the first truths are moved a little to make the predictions, others are made up."""
    axes = rng.integers(2, 4)
    predictions, truths = [], []
    for _ in range(rng.integers(1, 5)):
        starts = rng.integers(0, 20, (rng.integers(0, 5), axes))
        true = np.column_stack([starts, starts + rng.integers(1, 9, starts.shape), rng.integers(0, 3, len(starts))])
        near = np.concatenate([true[:, :-1] + rng.integers(0, 2, true[:, :-1].shape), true[:1, :-1]])
        kinds = np.concatenate([true[:, -1], true[:1, -1]])
        scores = np.round(rng.random(len(near)), 1)
        ordered = np.column_stack([near[:, :axes], np.maximum(near[:, axes:], near[:, :axes]), scores, kinds])
        predictions.append(ordered)
        truths.append(true.astype(float))
    return predictions, truths


def points(rng):
    axes = rng.integers(2, 4)
    return tuple(rng.integers(0, 40, (rng.integers(0, 6), axes)) / 4 for _ in range(2))


def pointed_masks(rng):
    mask = masks(rng)[1]
    return rng.integers(-1, 8, (rng.integers(0, 6), mask.ndim)), mask


def counts(rng):
    shape = (2,) if rng.random() < 0.3 else (2, rng.integers(1, 5))
    return tuple(rng.integers(0, 4, shape))


def phrase(rng, fewest=0):
    return " ".join(rng.choice(WORDS, rng.integers(fewest, 12)))


def texts(rng):
    """A text and a reference of four words or more, so that every n-gram occurs."""
    truth = phrase(rng, 4)
    return [f"The {truth}!", f"{truth} seen", phrase(rng, 4)][rng.integers(3)], truth


def referenced_texts(rng):
    """A text, empty or of several lines at times, and several references."""
    return phrase(rng).replace(",", "\n"), [phrase(rng, 4) for _ in range(rng.integers(1, 4))]


def corpora(rng):
    records = [referenced_texts(rng) for _ in range(rng.integers(2, 5))]
    return [said for said, _ in records], [true for _, true in records]


def report(rng):
    return " ".join(rng.choice(SENTENCES, rng.integers(1, 4)))


def reports(rng):
    return report(rng), report(rng)


def report_sets(rng):
    size = rng.integers(1, 4)
    return [report(rng) for _ in range(size)], [report(rng) for _ in range(size)]


def entities(rng):
    """Predicted ones are true ones, at times with another start or type, and some more."""
    kinds = ["Drug", "Disease"]

    def spans():
        starts = rng.integers(0, 12, rng.integers(0, 4)).tolist()
        return [(start, start + int(rng.integers(1, 5)), str(rng.choice(kinds))) for start in starts]

    def near(start, end, kind):
        return max(start - int(rng.integers(0, 2)), 0), end, kind if rng.random() < 0.7 else str(rng.choice(kinds))

    truths = [spans() for _ in range(rng.integers(1, 5))]
    return [[*(near(*span) for span in true), *spans()[:1]] for true in truths], truths


def corrections(rng):
    """Of a note, in the benchmark's run format; the correction of few words, so that some are shared."""

    def said():
        if rng.random() < 0.3:
            return "0 -1 NA"
        return f'1 {rng.integers(4)} "{" ".join(rng.choice(WORDS, rng.integers(1, 6)))}"'

    return said(), said()


def correction_sets(rng):
    return tuple(zip(*(corrections(rng) for _ in range(rng.integers(2, 9)))))


def json_texts(rng):
    def leaf():
        return [None, True, "Aspirin", "aspirin ", 100, 2.5, ""][rng.integers(7)]

    def structure():
        keys = rng.choice(["drug", "dose", "route", "since"], rng.integers(0, 5), replace=False).tolist()
        return {key: [leaf() for _ in range(rng.integers(0, 4))] if rng.random() < 0.3 else leaf() for key in keys}

    return json.dumps(structure()), json.dumps(structure())


def images(rng, low=1, high=9, axes=(2, 4)):
    truth = rng.random(rng.integers(low, high, rng.integers(*axes)))
    return np.clip(truth + rng.choice([0.0, 0.05, 0.5]) * rng.normal(size=truth.shape), 0, 1), truth


def colour_images(rng):
    prediction, truth = rng.random((2, *rng.integers(1, 9, 2), 3))
    return prediction, truth


def features(rng):
    sizes, dimensions = rng.integers(2, 20, 2), rng.integers(1, 6)
    return tuple(rng.normal(place, 1 + place, (size, dimensions)) for place, size in enumerate(sizes))


def displacements(rng):
    axes = rng.integers(2, 4)
    return rng.normal(0, rng.choice([0.1, 2.0]), (axes, *rng.integers(2, 7, axes))), None


def landmarks(rng):
    return tuple(rng.normal(0, 9, (2, rng.integers(1, 9), rng.integers(2, 4))))


def readings(rng):
    """Masks of several samples and of several annotators, of images or volumes, at times empty ones."""
    shape = rng.integers(2, 6, rng.integers(2, 4))
    truth = rng.random((rng.integers(1, 5), *shape)) < rng.choice([0.1, 0.5, 0.9])
    prediction = rng.random((rng.integers(1, 5), *shape)) < rng.choice([0.1, 0.5, 0.9])
    dtype = rng.choice([np.uint8, np.int64])
    return (prediction * (rng.random() > 0.1)).astype(dtype), (truth * (rng.random() > 0.1)).astype(dtype)


def picture_sets(rng):
    """As many pictures in both sets or not, grey or of two channels."""
    size = (*rng.integers(8, 17, 2), *([2] if rng.random() < 0.3 else []))
    counts = rng.integers(2, 9, 2)
    return tuple(rng.normal(place, 1 + place, (count, *size)) for place, count in enumerate(counts))


def heat_maps(rng):
    """Saliency maps of few values, so that the highest place is often not the only one, and a mask of one object or none."""
    truth = masks(rng)[1] == 1
    seen = np.round(rng.random(truth.shape) + rng.choice([0.0, 1.0]) * truth, 1)
    return seen * (rng.random() > 0.1), truth.astype(np.uint8)


def perturbation_curves(rng):
    return rng.random((2, rng.integers(2, 18))), float(rng.integers(0, CLASSES))


def rank_correlations(rng):
    return rng.uniform(-1, 1, rng.integers(1, 7)), float(rng.integers(0, CLASSES))


def conducts(rng):
    """How an agent did a task, and how many writes it needed."""
    said = {
        "outcome": str(rng.choice(["right", "wrong answer", "nothing done"])),
        "reads": int(rng.integers(0, 3)),
        "writes": int(rng.integers(0, 3)),
    }
    return json.dumps(said), json.dumps({"writes": int(rng.integers(0, 2))})
