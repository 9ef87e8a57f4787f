"""Named-entity metrics beside seqeval and nervaluate."""

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

import numpy as np

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics import entities
from vesalius.metrics.entities import Span
from vesalius.metrics.metric import METRICS
from vesalius.sources.public import root

Tags = list[list[str]]

ORDER = (
    "nervaluate pairs each predicted entity in turn with a true one that is left, so that one which only overlaps, or is of "
    "another type, can take it from a later one that agrees: for one true entity at 2 to 6 and predictions at 0 to 4 and 2 to 6 "
    "it finds none correct. One is; the pairing with the highest score counts here, as in MUC. Equal for IOB tags but by type."
)

_SCHEMES = {
    "strict": entities.entity_strict_f1,
    "exact": entities.entity_exact_f1,
    "partial": entities.entity_partial_f1,
    "ent_type": entities.entity_type_f1,
}


def entity_agreements() -> Iterator[Agreement]:
    """Every entity metric that an installed peer has."""
    inputs = {"random tags": random_tags()}
    if root.present("bioner", "BC5CDR-IOB", "test.tsv"):
        inputs["BC5CDR test, tags changed at random"] = bc5cdr_tags()
    for name, (said, true) in inputs.items():
        if find_spec("seqeval"):
            from seqeval.metrics import f1_score

            ours = entities.entity_strict_f1(_spans(said), _spans(true))
            yield _row(entities.entity_strict_f1, "seqeval", name, [ours], [float(f1_score(true, said))])
        if find_spec("nervaluate"):
            yield from _with_nervaluate(name, _spans(said), _spans(true))
    if find_spec("nervaluate"):
        overlapping: list[list[Span]] = [[(0, 4, "X"), (2, 6, "X")]]
        yield from _with_nervaluate("a prediction overlaps before one equals", overlapping, [[(2, 6, "X")]])


def random_tags(count: int = 300, *, seed: int = 0) -> tuple[Tags, Tags]:
    """Sentences of twelve random IOB2 tags, and other ones."""
    rng = np.random.default_rng(seed)
    tags = ["O", "B-X", "I-X", "B-Y", "I-Y"]

    def sentence() -> list[str]:
        return [str(tag) for tag in rng.choice(tags, 12)]

    return [sentence() for _ in range(count)], [sentence() for _ in range(count)]


def bc5cdr_tags(*, seed: int = 0) -> tuple[Tags, Tags]:
    """The test sentences of BC5CDR: tags of which one in twenty is replaced, and the true ones."""
    text = root.path("bioner", "BC5CDR-IOB", "test.tsv").read_text(encoding="utf-8")
    true = [[line.split("\t")[1] for line in block.splitlines()] for block in text.split("\n\n") if block.strip()]
    rng = np.random.default_rng(seed)
    tags = sorted({tag for sentence in true for tag in sentence})
    said = [[str(rng.choice(tags)) if rng.random() < 0.05 else tag for tag in sentence] for sentence in true]
    return said, true


def _spans(tags: Tags) -> list[list[Span]]:
    return [entities.spans_of_tags(sentence) for sentence in tags]


def _with_nervaluate(name: str, said: list[list[Span]], true: list[list[Span]]) -> Iterator[Agreement]:
    from nervaluate.evaluator import Evaluator

    def rows(records: list[list[Span]]) -> list[list[dict[str, object]]]:
        return [[{"start": start, "end": end - 1, "label": kind} for start, end, kind in spans] for spans in records]

    kinds = sorted({kind for spans in (*said, *true) for _, _, kind in spans})
    found = Evaluator(rows(true), rows(said), kinds, loader="dict").evaluate()["overall"]
    for scheme, function in _SCHEMES.items():
        yield _row(function, "nervaluate", name, [function(said, true)], [float(found[scheme].f1)], note=ORDER)


def _row(
    function: Callable[..., float], peer: str, inputs: str, ours: Sequence[float], theirs: Sequence[float], *, note: str = ""
) -> Agreement:
    row = agreement(METRICS[function.__name__].identity, peer, inputs, ours, theirs)
    return agreement(row.metric, peer, inputs, ours, theirs, note=note) if row.digits < 12 else row
