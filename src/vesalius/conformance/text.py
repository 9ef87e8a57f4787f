"""Text metrics beside rouge-score, sacrebleu, nltk, pycocoevalcap, difflib and sentence-transformers."""

import gzip
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from importlib.util import find_spec
from typing import Any

import numpy as np

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.conformance.corrections import correction_agreements
from vesalius.conformance.entities import entity_agreements
from vesalius.metrics import answers, bleu, captioning, chexpert, rouge, similarity, stems, tokens, word_alignment
from vesalius.metrics.metric import METRICS
from vesalius.sources.public import root

Pairs = list[tuple[str, str]]

SYNONYMS = (
    "nltk needs WordNet, which is no part of it; beside an empty one, with the stems of Porter's paper, all digits agree. With "
    "it nltk's score is higher where words are synonyms."
)
STEMS = (
    "nltk's default stemmer is Porter's with nltk's own extensions (dying and die, skies and sky); here it is that of the paper. "
    "Equal where both stem alike."
)
JUNK = (
    "difflib drops characters that make up over 1 % of a text of 200 or more, which in prose are all letters; by Ratcliff and "
    "Metzener's definition they count, as here. Equal with autojunk=False."
)
UNREPORTED = (
    "scikit-learn's default counts an observation that nobody reports as F1 = 0; it has none, and here it is left out of the "
    "mean. Equal with zero_division=nan."
)


def agreements() -> Iterator[Agreement]:
    """Every text metric that an installed peer has."""
    inputs = {"random words": random_pairs(), "answers of MedQuAD": medquad_pairs(300)}
    for name, pairs in inputs.items():
        if pairs:
            if find_spec("rouge_score"):
                yield from _with_rouge_score(name, pairs)
            if find_spec("sacrebleu"):
                yield from _with_sacrebleu(name, pairs)
            if find_spec("nltk"):
                yield from _with_nltk(name, pairs)
            if find_spec("pycocoevalcap"):
                yield from _with_pycocoevalcap(name, pairs)
            yield from _with_difflib(name, pairs)
    if find_spec("sentence_transformers") and find_spec(similarity.PACKAGED):
        yield from _with_sentence_transformers(inputs["answers of MedQuAD"] or inputs["random words"])
    if find_spec("sklearn"):
        yield from _with_scikit_learn()
    yield from entity_agreements()
    yield from correction_agreements()


def random_pairs(count: int = 300, *, seed: int = 0) -> Pairs:
    """Pairs of short texts of few words, numbers, signs and lines, some of them empty."""
    rng = np.random.default_rng(seed)
    words = ["the", "mass", "masses", "is", "3.5", "x-ray,", "&", "don't", "1,000", "é", "no", "a", "lying", "\n"]

    def text() -> str:
        return " ".join(rng.choice(words, rng.integers(0, 14)))

    return [(text(), text()) for _ in range(count)]


def medquad_pairs(count: int) -> Pairs:
    """Answers of MedQuAD, each beside the next one, a sentence a line; none where the release is absent."""
    if not root.present("medquad", "medquad.jsonl.gz"):
        return []
    with gzip.open(root.path("medquad", "medquad.jsonl.gz"), "rt", encoding="utf-8") as lines:
        answers = [str(json.loads(line)["answer"]).replace(". ", ".\n") for line in itertools.islice(lines, count + 1)]
    return list(itertools.pairwise(answers))


def _with_rouge_score(name: str, pairs: Pairs) -> Iterator[Agreement]:
    from rouge_score.rouge_scorer import RougeScorer

    short = [pair for pair in pairs if max(map(len, pair)) < 2000]
    kinds = {"rouge1": rouge.rouge_1, "rouge2": rouge.rouge_2, "rougeL": rouge.rouge_l, "rougeLsum": rouge.rouge_lsum}
    scorer = RougeScorer(list(kinds))
    theirs = [scorer.score(truth, prediction) for prediction, truth in short]
    for kind, ours in kinds.items():
        values = [ours(prediction, truth) for prediction, truth in short]
        yield _row(ours, "rouge_score", name, values, [each[kind].fmeasure for each in theirs])
    several = [(a, [b, c]) for (a, b), (_, c) in itertools.pairwise(short)]
    best = [scorer.score_multi(truths, prediction)["rougeL"].fmeasure for prediction, truths in several]
    yield _row(rouge.rouge_l, "rouge_score", f"{name}, two references", [rouge.rouge_l(*each) for each in several], best)


def _with_sacrebleu(name: str, pairs: Pairs) -> Iterator[Agreement]:
    import sacrebleu

    several = [(a, [b, c]) for (a, b), (_, c) in itertools.pairwise(pairs)]
    inputs = f"{name}, two references"
    theirs = [sacrebleu.sentence_bleu(prediction, truths).score / 100 for prediction, truths in several]
    yield _row(bleu.sentence_bleu, "sacrebleu", inputs, [bleu.sentence_bleu(*each) for each in several], theirs)
    theirs = [sacrebleu.sentence_chrf(prediction, truths).score / 100 for prediction, truths in several]
    yield _row(bleu.sentence_chrf, "sacrebleu", inputs, [bleu.sentence_chrf(*each) for each in several], theirs)
    predictions, truths = [prediction for prediction, _ in several], [truth for _, truth in several]
    streams = [list(stream) for stream in zip(*truths)]
    value = sacrebleu.corpus_bleu(predictions, streams).score / 100
    yield _row(bleu.corpus_bleu, "sacrebleu", inputs, [bleu.corpus_bleu(predictions, truths)], [value])
    value = sacrebleu.corpus_chrf(predictions, streams).score / 100
    yield _row(bleu.corpus_chrf, "sacrebleu", inputs, [bleu.corpus_chrf(predictions, truths)], [value])


class _NoSynonyms:
    """A WordNet that knows no word."""

    def synsets(self, word: str) -> list[Any]:
        return []


class _PaperStems:
    """The stemmer of Porter's paper in nltk's mode for it, but for words of one or two letters, as in Porter's program."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stemmer = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)

    def stem(self, word: str) -> str:
        return word if len(word) <= 2 else str(self._stemmer.stem(word))


def _with_nltk(name: str, pairs: Pairs) -> Iterator[Agreement]:
    from nltk.stem.porter import PorterStemmer
    from nltk.translate.meteor_score import single_meteor_score

    ours = [word_alignment.meteor(prediction, truth) for prediction, truth in pairs]
    for stemmer, note in ((_PaperStems(), SYNONYMS), (PorterStemmer(), STEMS)):
        theirs = [
            float(single_meteor_score(tokens.words(truth), tokens.words(prediction), stemmer=stemmer, wordnet=_NoSynonyms()))
            for prediction, truth in pairs
        ]
        kind = "paper's stems" if note == SYNONYMS else "default stems"
        yield _row(word_alignment.meteor, "nltk", f"{name}, empty WordNet, {kind}", ours, theirs, note=note)
    vocabulary = sorted({word for pair in pairs for text in pair for word in tokens.words(text)})
    paper = _PaperStems()
    same = [float(stems.porter_stem(word) == paper.stem(word)) for word in vocabulary]
    yield agreement("porter_stem", "nltk", f"words of {name}: equal stems", same, [1.0] * len(same))


def _with_pycocoevalcap(name: str, pairs: Pairs) -> Iterator[Agreement]:
    from pycocoevalcap.cider.cider_scorer import CiderScorer

    scorer = CiderScorer()
    for prediction, truth in pairs:
        scorer += (" ".join(tokens.words(prediction)), [" ".join(tokens.words(truth))])
    value = captioning.cider([prediction for prediction, _ in pairs], [truth for _, truth in pairs])
    yield _row(captioning.cider, "pycocoevalcap", f"{name}, equal tokens", [value], [float(scorer.compute_score()[0])])


def _with_difflib(name: str, pairs: Pairs) -> Iterator[Agreement]:
    short = [pair for pair in pairs if max(map(len, pair)) < 1200][:60]
    ours = [similarity.gestalt_similarity(*pair) for pair in short]
    theirs = [SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in short]
    yield _row(similarity.gestalt_similarity, "difflib, autojunk=False", name, ours, theirs)
    if any(len(truth) >= 200 for _, truth in short):
        default = [SequenceMatcher(None, *pair).ratio() for pair in short]
        yield _row(similarity.gestalt_similarity, "difflib, default", name, ours, default, note=JUNK)


def _with_sentence_transformers(pairs: Pairs) -> Iterator[Agreement]:
    from pathlib import Path

    from sentence_transformers import SentenceTransformer
    from sentence_transformers.util import pairwise_cos_sim

    spec = find_spec(similarity.PACKAGED)
    network = SentenceTransformer(str(Path(str(spec.origin if spec else "")).parent / "model"), device="cpu")
    predictions, truths = [a for a, _ in pairs[:40]], [b for _, b in pairs[:40]]
    theirs = pairwise_cos_sim(network.encode(predictions), network.encode(truths)).tolist()
    ours = similarity.embedding_similarities(predictions, truths).tolist()
    yield _row(similarity.embedding_similarity, "sentence-transformers", "long and short texts, single precision", ours, theirs)


def _with_scikit_learn() -> Iterator[Agreement]:
    from sklearn.metrics import f1_score, jaccard_score

    chosen, right = np.random.default_rng(1).random((2, 200, 5)) < 0.4
    options = [[",".join(np.array(list("ABCDE"))[row]) for row in rows] for rows in (chosen, right)]
    ours = [answers.hamming_score(said, true) for said, true in zip(*options)]
    theirs = [float(jaccard_score(true, said, zero_division=1)) for said, true in zip(chosen, right)]
    yield _row(answers.hamming_score, "scikit-learn", "random choices of five options", ours, theirs)
    rng = np.random.default_rng(0)
    said, true = rng.choice([1, 0, -1, np.nan], (2, 200, 14), p=[0.2, 0.3, 0.1, 0.4])
    said[:, 5] = true[:, 5] = np.nan
    for function, average in ((chexpert.chexpert_micro_f1, "micro"), (chexpert.chexpert_macro_f1, "macro")):
        ours = [function(said, true)]
        defined = f1_score(true == 1, said == 1, average=average, zero_division=np.nan)
        yield _row(function, "scikit-learn", "random labels of 200 reports, zero_division=nan", ours, [float(defined)])
        if average == "macro":
            default = f1_score(true == 1, said == 1, average=average, zero_division=0)
            yield _row(function, "scikit-learn", "random labels of 200 reports, default", ours, [float(default)], note=UNREPORTED)


def _row(
    function: Callable[..., float], peer: str, inputs: str, ours: Sequence[float], theirs: Sequence[float], *, note: str = ""
) -> Agreement:
    return agreement(METRICS[function.__name__].identity, peer, inputs, ours, theirs, note=note)
