import pytest
from transformers import AutoTokenizer

from vesalius.language.word_tokens import END, word_tokenizer, words_of

TEXTS = ("A. short-neck\nB. myopia\n\nAnswer: A.", "Is it (myopia)? No; 3.", "\nmyopia,\n\nmyopia")


@pytest.fixture
def tokenizer():
    return word_tokenizer(word for text in TEXTS for word in words_of(text))


@pytest.mark.parametrize("text", TEXTS[:1])
def test_text_comes_back_as_it_was(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_name_is_one_token_and_a_word_that_is_not_known_is_said_to_be(tokenizer):
    assert len(tokenizer("short-neck")["input_ids"]) == 1
    assert tokenizer("gout")["input_ids"] == [tokenizer.unk_token_id]


def test_it_is_saved_and_read_as_any_other(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again.decode(again(TEXTS[0])["input_ids"]) == TEXTS[0] and again.eos_token == END
