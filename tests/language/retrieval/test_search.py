from math import log

import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.language.retrieval import Bm25, Dense, Document, Fused, Hit, TfIdf, words

CORPUS = [
    Document("gout", "Gout", "crystals of urate in a joint"),
    Document("asthma", "Asthma", "narrow airways and wheeze"),
    Document("arthritis", "Arthritis", "a joint, another joint and pain"),
    Document("silent", "", "?"),
]


def ids(hits):
    return [hit.document.id for hit in hits]


def test_bm25_is_the_formula_worked_by_hand():
    (hits,) = Bm25(CORPUS, k1=1.2, b=0.5).search(["joint joint urate"], 4)
    mean = (7 + 5 + 7 + 0) / 4
    held = 1.2 * (0.5 + 0.5 * 7 / mean)
    joint, urate = log(1 + 2.5 / 2.5), log(1 + 3.5 / 1.5)
    expected = {"gout": (2 * joint + urate) / (1 + held), "arthritis": 2 * joint * 2 / (2 + held)}
    assert {hit.document.id: hit.score for hit in hits} == pytest.approx(expected, rel=1e-5)
    assert ids(hits) == ["gout", "arthritis"]


def test_tf_idf_is_scikit_learns():
    sklearn = pytest.importorskip("sklearn.feature_extraction.text")
    vectoriser = sklearn.TfidfVectorizer(analyzer=words)
    vectors = vectoriser.fit_transform([document.whole for document in CORPUS])
    queries = ["a joint with pain and pain", "unknown", ""]
    theirs = (vectoriser.transform(queries) @ vectors.T).toarray()
    np.testing.assert_allclose(TfIdf(CORPUS).scores(queries), theirs, atol=1e-12)


@pytest.mark.parametrize("kind", [Bm25, TfIdf])
def test_by_words_only_what_shares_one_is_found_and_titles_count(kind):
    index = kind(CORPUS)
    joint, gout, nothing, empty = index.search(["joint", "gout", "fever", ""], 3)
    assert set(ids(joint)) == {"gout", "arthritis"} and ids(gout) == ["gout"] and nothing == empty == []
    assert index.search([], 3) == [] and index.scores([]).shape == (0, 4)
    assert len(index.search(["joint"], 1)[0]) == 1


@pytest.mark.parametrize("kind", [Bm25, TfIdf])
def test_a_corpus_without_words_finds_nothing(kind):
    assert kind([Document("1", "", "?")]).search(["word"], 1) == [[]]


@pytest.mark.parametrize("kind", [Bm25, TfIdf])
def test_equal_scores_keep_the_order_of_the_corpus(kind):
    copies = [Document(name, "", "same text") for name in "cab"]
    assert ids(kind(copies).search(["text"], 3)[0]) == ["c", "a", "b"]


def letters(texts):
    return np.array([[text.lower().count(letter) for letter in "aeiou"] for text in texts])


def test_dense_is_the_cosine_whatever_the_lengths():
    index = Dense(CORPUS, letters)
    query = "a joint with pain"
    vectors = letters([document.whole for document in CORPUS[:3]])
    asked = letters([query])[0]
    cosines = [float(asked @ one / np.linalg.norm(asked) / np.linalg.norm(one)) for one in vectors]
    np.testing.assert_allclose(index.scores([query])[0], [*cosines, 0], rtol=1e-5)
    assert [hit.score for hit in index.search([query], 2)[0]] == pytest.approx(sorted(cosines)[:-3:-1], rel=1e-5)
    assert index.search([], 2) == []


def test_dense_has_one_embedding_for_queries_and_one_for_documents():
    corpus = [Document("a", "", "a"), Document("e", "", "e")]
    swapped = Dense(corpus, letters, embed_queries=lambda texts: letters(texts)[:, [1, 0, 2, 3, 4]])
    assert ids(swapped.search(["a"], 2)[0]) == ["e", "a"]


def test_a_saved_dense_index_embeds_no_document_again(tmp_path):
    index = Dense(CORPUS, letters)
    index.save(tmp_path)
    asked = []

    def embed(texts):
        asked.extend(texts)
        return letters(texts)

    np.testing.assert_allclose(Dense.load(tmp_path, embed).scores(["pain"]), index.scores(["pain"]), rtol=1e-6)
    assert asked == ["pain"]


def test_what_is_no_dense_index_is_refused(tmp_path):
    Dense(CORPUS, letters).save(tmp_path)
    np.save(tmp_path / "vectors.npy", np.zeros((3, 2)))
    with pytest.raises(UserError, match="4 texts got vectors of shape"):
        Dense.load(tmp_path, letters)
    np.save(tmp_path / "vectors.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(UserError, match="no vectors can be read"):
        Dense.load(tmp_path, letters)


class Given:
    def __init__(self, *names):
        self._names = names

    def search(self, queries, count):
        return [[Hit(Document(name, "", ""), 0.0) for name in self._names[:count]] for _ in queries]


def test_fusion_is_the_sum_of_reciprocal_ranks_worked_by_hand():
    (hits,) = Fused([Given("a", "b", "c"), Given("c", "d"), Given("b")]).search(["?"], 3)
    assert ids(hits) == ["b", "c", "a"]
    assert [hit.score for hit in hits] == pytest.approx([1 / 62 + 1 / 61, 1 / 63 + 1 / 61, 1 / 61])


def test_fusion_looks_below_what_is_asked_for():
    first, second = Given("a", "b"), Given("c", "b")
    assert ids(Fused([first, second]).search(["?"], 1)[0]) == ["b"]
    assert ids(Fused([first, second], depth=1).search(["?"], 1)[0]) == ["a"]
