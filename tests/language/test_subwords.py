import pytest

from vesalius.errors import UserError
from vesalius.language.subwords import SPECIAL, Subwords

TEXTS = ["Joint pain and swelling.", "Painful swollen joints!", "Ruhe und Kälte"] * 3
CLS, SEP = SPECIAL.index("[CLS]"), SPECIAL.index("[SEP]")


@pytest.fixture(scope="module")
def subwords():
    return Subwords.trained(TEXTS, vocabulary=80)


def test_equal_texts_give_equal_pieces(tmp_path):
    written = set()
    for _ in range(6):
        Subwords.trained(TEXTS, vocabulary=60).save(tmp_path / "subwords.json")
        written.add((tmp_path / "subwords.json").read_text())
    assert len(written) == 1


def test_a_piece_within_a_word_is_none_that_begins_one(subwords):
    within, begins = subwords.encode(["xjoint", "joint"], 64)[:, 1:].tolist()
    assert set(begins) - set(within) - {0}


def test_a_vocabulary_is_no_larger_than_asked(subwords):
    assert len(SPECIAL) < subwords.size <= 80


def test_a_text_stands_between_marks_and_is_filled_up(subwords):
    ids = subwords.encode(["joint pain", "joint"], 16)
    assert (ids[:, 0] == CLS).all() and (ids == SEP).sum(1).tolist() == [1, 1]
    short = ids[1].tolist()
    assert not any(short[short.index(SEP) + 1 :]) and ids[0, -1] == SEP
    assert subwords.encode([""], 16).tolist() == [[CLS, SEP]]


def test_a_long_text_keeps_its_beginning_or_its_end(subwords):
    whole = subwords.encode(["joint pain and swelling"], 64)[0].tolist()
    assert subwords.encode(["joint pain and swelling"], 5)[0].tolist() == [*whole[:4], SEP]
    assert subwords.encode(["joint pain and swelling"], 5, keep="last")[0].tolist() == [CLS, *whole[-4:]]


def test_of_a_pair_the_first_yields_and_the_second_is_marked(subwords):
    first, second = "pain and swelling " * 20, "joint"
    ids, types = subwords.encode_pairs([first, ""], [second, second], 20, second_length=8)
    behind = subwords.encode([second], 20)[0, 1:].tolist()
    assert ids.shape == types.shape == (2, 20)
    assert ids[0, -len(behind) :].tolist() == behind and types[0].sum() == len(behind)
    assert ids[1, : 2 + len(behind)].tolist() == [CLS, SEP, *behind]
    cut, marked = subwords.encode_pairs([""], [first], 20, second_length=8)
    assert marked.sum() == 8 and cut[0, -1] == SEP


def test_saved_pieces_come_back_and_others_are_refused(subwords, tmp_path):
    subwords.save(tmp_path / "subwords.json")
    assert (Subwords.load(tmp_path / "subwords.json").encode(TEXTS, 16) == subwords.encode(TEXTS, 16)).all()
    (tmp_path / "spoilt.json").write_text("{}")
    for name in ("spoilt.json", "none.json"):
        with pytest.raises(UserError, match=name):
            Subwords.load(tmp_path / name)
