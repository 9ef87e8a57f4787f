from itertools import pairwise

import pytest

from vesalius.errors import UserError
from vesalius.language.retrieval import Bm25, Document, passages, read_documents, write_documents


def test_passages_cover_every_word_and_share_the_overlap():
    document = Document("d", "Title", " ".join(str(number) for number in range(23)))
    pieces = [piece.text.split() for piece in passages(document, 5, 2)]
    assert [word for piece in pieces[:1] for word in piece] + [word for piece in pieces[1:] for word in piece[2:]] == (
        document.text.split()
    )
    assert all(before[-2:] == after[:2] for before, after in pairwise(pieces))
    assert all(len(piece) == 5 for piece in pieces[:-1]) and len(pieces[-1]) > 2


def test_passages_have_ids_of_their_own_and_the_title():
    pieces = passages(Document("d", "Title", "a b c d"), 2)
    assert [(piece.id, piece.title) for piece in pieces] == [("d#0", "Title"), ("d#1", "Title")]
    assert [piece.text for piece in passages(Document("d", "", ""), 2)] == [""]


@pytest.mark.parametrize("overlap", [2, -1])
def test_an_overlap_that_leaves_no_step_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        passages(Document("d", "", "a b"), 2, overlap)


def test_a_corpus_survives_its_file(tmp_path):
    documents = (Document("1", "Größe", "two\nlines\u2028here"), Document("2", "", ""))
    write_documents(tmp_path / "corpus.jsonl", documents)
    assert read_documents(tmp_path / "corpus.jsonl") == documents


@pytest.mark.parametrize("line", ["nonsense", "[]", "3", '{"id": "1"}', '{"id": 1, "title": "", "text": ""}', ""])
def test_a_line_that_is_no_document_is_named(tmp_path, line):
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"id": "1", "title": "", "text": ""}\n' + line + "\n")
    with pytest.raises(UserError, match=r"corpus\.jsonl:2"):
        read_documents(path)
    with pytest.raises(UserError, match="not found"):
        read_documents(tmp_path / "none.jsonl")


def test_a_corpus_needs_documents_with_different_ids():
    with pytest.raises(UserError, match="no document"):
        Bm25([])
    with pytest.raises(UserError, match="'1' twice"):
        Bm25([Document("1", "", "a"), Document("1", "", "b")])
