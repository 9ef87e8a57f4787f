import numpy as np
import pytest
import torch
from tokenizers import processors
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, BartConfig, PreTrainedTokenizerFast, T5Config

from tests.language.local.conftest import WORDS, word_level
from vesalius.errors import UserError
from vesalius.language.backend import Backend, Sampling
from vesalius.language.local import Local, Seq2Seq
from vesalius.language.local.seq2seq import _Rows
from vesalius.language.models import folder_of, opened

PROMPTS = ["the heart is a organ .", "is aspirin a drug ?", "pain", "the fever of the heart is in the liver ?"]
CONFIGS = {
    "t5": lambda: T5Config(
        vocab_size=len(WORDS), d_model=24, d_kv=6, d_ff=48, num_layers=2, num_heads=4, pad_token_id=0, eos_token_id=0,
        decoder_start_token_id=0,
    ),
    "bart": lambda: BartConfig(
        vocab_size=len(WORDS), d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=32, pad_token_id=0,
        bos_token_id=0, eos_token_id=0, decoder_start_token_id=0, forced_eos_token_id=None,
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(CONFIGS))
def folder(request, tmp_path_factory):
    made = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    network = AutoModelForSeq2SeqLM.from_config(CONFIGS[request.param]())
    for parameter in network.parameters():
        parameter.data.mul_(3)
    network.save_pretrained(made)
    tokenizer = word_level()
    # as T5's and BART's do, it ends what the encoder reads
    tokenizer.post_processor = processors.TemplateProcessing("$A <end>", special_tokens=[("<end>", 0)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>", pad_token="<end>").save_pretrained(
        made
    )
    return made


def test_greedy_answers_are_those_of_plain_generation(folder):
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    replies = Seq2Seq(folder).generate(PROMPTS, Sampling(max_tokens=6))
    for prompt, reply in zip(PROMPTS, replies, strict=True):
        known = tokenizer(prompt, return_tensors="pt")
        made = network.generate(input_ids=known["input_ids"], max_new_tokens=6, do_sample=False, num_beams=1, min_length=0)
        assert reply.text == tokenizer.decode(made[0, 1:], skip_special_tokens=True)
        assert reply.usage.prompt == known["input_ids"].shape[1]


def test_continuations_score_as_the_decoder_says_them(folder):
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    options = [[" A", " B of the liver", ""], ["drug"], [], ["pain in the heart"]]
    for prompt, own, found in zip(PROMPTS, options, Seq2Seq(folder).score(PROMPTS, options), strict=True):
        for option, likelihood in zip(own, found.likelihoods, strict=True):
            said = tokenizer(option, add_special_tokens=False)["input_ids"]
            assert likelihood.tokens == len(said)
            if said:
                known = tokenizer(prompt, return_tensors="pt")["input_ids"]
                with torch.inference_mode():
                    logits = network(input_ids=known, decoder_input_ids=torch.tensor([[0, *said[:-1]]])).logits[0]
                surprise = torch.log_softmax(logits, dim=-1)[torch.arange(len(said)), torch.tensor(said)]
                assert likelihood.log_probability == pytest.approx(float(surprise.sum()), abs=1e-4)


def test_a_prompt_is_encoded_once_for_all_its_options_and_samples(folder, monkeypatch):
    encoded = []
    begin = _Rows.__init__
    monkeypatch.setattr(_Rows, "__init__", lambda self, loaded, asked: (encoded.extend(asked), begin(self, loaded, asked))[1])
    backend = Seq2Seq(folder)
    backend.score(PROMPTS[:1], [[" A", " B", " C"]])
    backend.generate(PROMPTS[:1], Sampling(max_tokens=2, temperature=1.0, samples=5))
    assert len(encoded) == 2


def test_samples_do_not_depend_on_what_else_is_asked(folder):
    sampling = Sampling(max_tokens=6, temperature=1.0, samples=3, seed=5)
    alone, among = Seq2Seq(folder).generate(PROMPTS[1:2], sampling)[0], Seq2Seq(folder).generate(PROMPTS, sampling)[1]
    assert [one.text for one in alone.completions] == [one.text for one in among.completions]
    assert len({one.text for one in alone.completions}) > 1


def test_texts_have_the_mean_of_their_states_whatever_stands_beside_them(folder):
    backend = Seq2Seq(folder)
    assert isinstance(backend, Backend)
    vectors = backend.embed(PROMPTS)
    assert vectors.shape == (len(PROMPTS), 24)
    np.testing.assert_allclose(vectors[2], backend.embed(PROMPTS[2:3])[0], atol=1e-6)


def test_a_folder_is_opened_as_what_it_is(folder):
    assert isinstance(opened(str(folder)), Seq2Seq)
    with pytest.raises(UserError, match="not a causal language model"):
        Local(folder)
    with pytest.raises(UserError, match="steered but not trained"):
        folder_of(str(folder))


def test_what_is_too_long_fails_alone(folder):
    backend, long = Seq2Seq(folder), "pain " * 40
    if backend.identity.startswith("bart"):
        replies = backend.generate([PROMPTS[0], long], Sampling(max_tokens=4, temperature=1.0, samples=2))
        assert replies[0] == backend.generate(PROMPTS[:1], Sampling(max_tokens=4, temperature=1.0, samples=2))[0]
        assert [one.finish for one in replies[1].completions] == ["failed"] * 2
        assert replies[1].text == f"41 tokens, where {backend.identity} takes 32"
        scored = backend.score([PROMPTS[0], long, "pain"], [["fever"], ["fever", ""], ["fever", "fever " * 40]])
        assert scored[0] == backend.score(PROMPTS[:1], [["fever"]])[0]
        assert [len(one.likelihoods) for one in scored] == [1, 2, 2]
        assert all(np.isnan(one.log_probability) for some in scored[1:] for one in some.likelihoods)
        with pytest.raises(UserError, match=r"max_tokens: 33, where bart.* takes 32 tokens"):
            backend.generate(["pain"], Sampling(max_tokens=33))
        with pytest.raises(UserError, match=r"a text of 41 tokens, where the model takes 32"):
            backend.embed(["pain", long])
