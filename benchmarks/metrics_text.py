"""Text metrics beside their peers, on the same pairs of texts, in one process.

    python benchmarks/metrics.py text

The pairs are answers of MedQuAD, each beside the next one; random words where the release is absent. rouge-score fills its
table in Python, so it is timed on fewer pairs, evenly spread, and its time scaled up.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from importlib.util import find_spec

from clock import milliseconds
from vesalius.conformance.entities import random_tags
from vesalius.conformance.text import medquad_pairs, random_pairs
from vesalius.metrics import answers, bleu, captioning, entities, rouge, similarity, tokens, word_alignment

PAIRS, REPEATS, ROUGE_SAMPLE, FEW = 10_000, 5, 100, 500


def rows() -> Iterator[tuple[str, float, float]]:
    """What and beside whom, milliseconds of the peer, and ours."""
    pairs = medquad_pairs(PAIRS) or random_pairs(PAIRS)
    few = pairs[:: len(pairs) // FEW][:FEW]
    yield from _rouge(pairs)
    yield from _bleu(few)
    yield from _nltk(few)
    yield from _cider(few)
    short = [pair for pair in pairs if max(map(len, pair)) < 1500][:FEW]
    yield (
        f"Gestalt similarity, {len(short)} pairs; difflib without junk",
        milliseconds(lambda: [SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in short], repeats=1),
        milliseconds(lambda: [similarity.gestalt_similarity(*pair) for pair in short], repeats=1),
    )
    yield from _entities()


def _rouge(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, float, float]]:
    if not find_spec("rouge_score"):
        print("rouge-score is not installed: its rows are absent.")
        return
    from rouge_score.rouge_scorer import RougeScorer

    sample = pairs[:: len(pairs) // ROUGE_SAMPLE]
    scale = len(pairs) / len(sample)
    scorer = RougeScorer(["rougeL"])
    unigrams = RougeScorer(["rouge1"])
    theirs = scale * milliseconds(lambda: [scorer.score(truth, said) for said, truth in sample], repeats=1)
    yield (
        f"ROUGE-L and token F1, {len(pairs):,} pairs; rouge-score ROUGE-L alone",
        theirs,
        milliseconds(lambda: [(rouge.rouge_l(*pair), answers.token_f1(*pair)) for pair in pairs]),
    )
    yield f"ROUGE-L, {len(pairs):,} pairs; rouge-score", theirs, milliseconds(lambda: [rouge.rouge_l(*pair) for pair in pairs])
    yield (
        f"ROUGE-1, {len(pairs):,} pairs; rouge-score",
        milliseconds(lambda: [unigrams.score(truth, said) for said, truth in pairs]),
        milliseconds(lambda: [rouge.rouge_1(*pair) for pair in pairs]),
    )


def _bleu(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, float, float]]:
    if not find_spec("sacrebleu"):
        print("sacrebleu is not installed: its rows are absent.")
        return
    from sacrebleu.metrics import BLEU, CHRF

    said, true = [a for a, _ in pairs], [b for _, b in pairs]

    def fresh(scorer: BLEU) -> None:
        """Without what its tokeniser remembers of the run before."""
        type(scorer.tokenizer).__call__.cache_clear()
        type(scorer.tokenizer._post_tokenizer).__call__.cache_clear()
        scorer.corpus_score(said, [true])

    yield (
        f"corpus BLEU, {len(pairs)} pairs; sacrebleu",
        milliseconds(lambda: fresh(BLEU())),
        milliseconds(lambda: bleu.corpus_bleu(said, true)),
    )
    yield (
        f"corpus chrF, {len(pairs)} pairs; sacrebleu",
        milliseconds(lambda: CHRF().corpus_score(said, [true])),
        milliseconds(lambda: bleu.corpus_chrf(said, true)),
    )


def _nltk(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, float, float]]:
    if not find_spec("nltk"):
        print("nltk is not installed: its row is absent.")
        return
    from nltk.translate.meteor_score import single_meteor_score

    from vesalius.conformance.text import _NoSynonyms

    empty = _NoSynonyms()
    yield (
        f"METEOR without synonyms, {len(pairs)} pairs; nltk",
        milliseconds(lambda: [single_meteor_score(tokens.words(b), tokens.words(a), wordnet=empty) for a, b in pairs], repeats=2),
        milliseconds(lambda: [word_alignment.meteor(*pair) for pair in pairs]),
    )


def _cider(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, float, float]]:
    if not find_spec("pycocoevalcap"):
        print("pycocoevalcap is not installed: its row is absent.")
        return
    from pycocoevalcap.cider.cider_scorer import CiderScorer

    def theirs() -> object:
        scorer = CiderScorer()
        for said, true in pairs:
            scorer += (" ".join(tokens.words(said)), [" ".join(tokens.words(true))])
        return scorer.compute_score()

    said, true = [a for a, _ in pairs], [b for _, b in pairs]
    yield (
        f"CIDEr-D, {len(pairs)} pairs; pycocoevalcap",
        milliseconds(theirs, repeats=2),
        milliseconds(lambda: captioning.cider(said, true), repeats=2),
    )


def _entities() -> Iterator[tuple[str, float, float]]:
    said, true = random_tags(5000)

    def ours() -> float:
        return entities.entity_strict_f1([*map(entities.spans_of_tags, said)], [*map(entities.spans_of_tags, true)])

    if find_spec("seqeval"):
        from seqeval.metrics import f1_score

        yield (
            "entity F1, 5,000 sentences of 12 random tags; seqeval",
            milliseconds(lambda: f1_score(true, said)),
            milliseconds(ours),
        )
    if find_spec("nervaluate"):
        from nervaluate.evaluator import Evaluator

        def all_schemes() -> list[float]:
            spans = [*map(entities.spans_of_tags, said)], [*map(entities.spans_of_tags, true)]
            scores = (entities.entity_strict_f1, entities.entity_exact_f1, entities.entity_partial_f1, entities.entity_type_f1)
            return [score(*spans) for score in scores]

        yield (
            "entity F1 by four schemes, the same; nervaluate",
            milliseconds(lambda: Evaluator(true, said, ["X", "Y"], loader="list").evaluate(), repeats=2),
            milliseconds(all_schemes, repeats=2),
        )
