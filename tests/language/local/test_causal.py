import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, AutoTokenizer

from vesalius.errors import UserError
from vesalius.language.backend import Message, Sampling, Usage
from vesalius.language.local import Local
from vesalius.language.local.loading import Loaded
from vesalius.language.local.rows import Rows
from vesalius.language.local.texts import begun_tokens, tokens_of, written

HEADER = "the heart is a organ . the liver is a organ . aspirin is a drug . "
PROMPTS = [HEADER + end for end in ("pain ?", "the fever of the heart is in the liver ?", "is aspirin in the", "cough")]
OPTIONS = [[" A", " B of the liver", " drug"], [" organ . the"], [], ["", " pain in the heart is fever"]]


def plain(folder: Path, prompt: str, continuation: str) -> tuple[float, bool]:
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    known, whole = tokenizer(prompt)["input_ids"], tokenizer(prompt + continuation)["input_ids"]
    with torch.inference_mode():
        surprise = torch.log_softmax(network(torch.tensor([whole])).logits[0], dim=-1)
    places = range(len(known), len(whole))
    return (
        sum(float(surprise[place - 1, whole[place]]) for place in places),
        all(int(surprise[place - 1].argmax()) == whole[place] for place in places),
    )


@pytest.mark.parametrize("kind", ["llama", "qwen", "gemma", "gpt2"])
def test_shared_prefixes_score_as_plain_texts(kind: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(kind)
    scored = Local(folder).score(PROMPTS, OPTIONS)
    for prompt, options, found in zip(PROMPTS, OPTIONS, scored, strict=True):
        assert len(found.likelihoods) == len(options)
        for option, likelihood in zip(options, found.likelihoods, strict=True):
            log_probability, greedy = plain(folder, prompt, option)
            assert likelihood.log_probability == pytest.approx(log_probability, abs=1e-4)
            assert likelihood.greedy == greedy


@pytest.mark.parametrize("kind", ["llama", "qwen", "gemma", "gpt2"])
def test_greedy_continuations_are_those_of_plain_generation(kind: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(kind)
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    replies = Local(folder).generate(PROMPTS, Sampling(max_tokens=12))
    for prompt, reply in zip(PROMPTS, replies, strict=True):
        known = tokenizer(prompt, return_tensors="pt")["input_ids"]
        made = network.generate(known, max_new_tokens=12, do_sample=False, attention_mask=torch.ones_like(known))
        assert reply.text == tokenizer.decode(made[0, known.shape[1] :], skip_special_tokens=True)


def test_few_rows_at_a_time_give_the_same(llama: Loaded) -> None:
    together, one_by_one = Local(llama), Local(llama, memory_mib=0)
    for whole, single in zip(together.score(PROMPTS, OPTIONS), one_by_one.score(PROMPTS, OPTIONS), strict=True):
        for one, other in zip(whole.likelihoods, single.likelihoods, strict=True):
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-4)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Tokens of every pass through a network."""
    counts: list[int] = []
    run = Rows.run

    def counting(self: Rows, tokens: list[tuple[int, ...]], *, last: bool) -> torch.Tensor:
        counts.append(sum(map(len, tokens)))
        return run(self, tokens, last=last)

    monkeypatch.setattr(Rows, "run", counting)
    return counts


def test_what_prompts_share_is_run_once(llama: Loaded, ran: list[int]) -> None:
    backend = Local(llama)
    backend.score(PROMPTS, [[" A"]] * len(PROMPTS))
    header, lengths = 17, [len(llama.tokenizer(prompt)["input_ids"]) for prompt in PROMPTS]
    assert sum(ran) == header + sum(length - header for length in lengths)
    ran.clear()
    (again,) = backend.score([HEADER + "fever"], [[" A"]])
    assert sum(ran) == 1
    assert again.usage.reused == header


def test_samples_fork_from_a_prompt_that_is_run_once(llama: Loaded, ran: list[int]) -> None:
    (reply,) = Local(llama).generate(PROMPTS[:1], Sampling(max_tokens=1, temperature=1.0, samples=16))
    assert len(reply.completions) == 16
    assert sum(ran) == len(llama.tokenizer(PROMPTS[0])["input_ids"])


def test_a_prompts_samples_do_not_depend_on_what_else_is_asked(llama: Loaded) -> None:
    sampling = Sampling(max_tokens=8, temperature=1.0, top_p=0.9, samples=3, seed=5)
    alone = Local(llama).generate(PROMPTS[1:2], sampling)[0]
    among = Local(llama).generate(PROMPTS, sampling)[1]
    assert [one.text for one in alone.completions] == [one.text for one in among.completions]
    assert len({one.text for one in alone.completions}) > 1
    other = Local(llama).generate(PROMPTS[1:2], Sampling(max_tokens=8, temperature=1.0, top_p=0.9, samples=3, seed=6))[0]
    assert [one.text for one in alone.completions] != [one.text for one in other.completions]


def test_samples_follow_the_probabilities(llama: Loaded) -> None:
    backend = Local(llama)
    (reply,) = backend.generate(PROMPTS[:1], Sampling(max_tokens=1, temperature=1.0, samples=4000))
    drawn = [one.text for one in reply.completions]
    (scored,) = backend.score(PROMPTS[:1], [[" A", " pain", " heart", " the"]])
    for word, likelihood in zip(["A", "pain", "heart", "the"], scored.likelihoods, strict=True):
        assert drawn.count(word) / 4000 == pytest.approx(np.exp(likelihood.log_probability), abs=0.03)


def test_a_continuation_ends_before_its_stop(llama: Loaded) -> None:
    backend = Local(llama)
    whole = backend.generate(PROMPTS[:1], Sampling(max_tokens=8))[0].completions[0]
    stop = whole.text.split()[3]
    cut = backend.generate(PROMPTS[:1], Sampling(max_tokens=8, stop=(stop,)))[0].completions[0]
    assert cut.text == whole.text.split(stop)[0]
    assert cut.finish == "stop"
    assert cut.tokens < whole.tokens


def test_log_probability_of_what_is_made_is_its_score(llama: Loaded) -> None:
    backend = Local(llama)
    made = backend.generate(PROMPTS[:1], Sampling(max_tokens=3, temperature=1.0, samples=64))[0].completions
    scored = backend.score(PROMPTS[:1], [[" " + one.text for one in made]])[0].likelihoods
    read_back = [(one, score) for one, score in zip(made, scored, strict=True) if score.tokens == 3]
    assert len(read_back) > 8  # others have tokens without text
    for one, score in read_back:
        assert one.log_probability == pytest.approx(score.log_probability, abs=1e-4)


def test_a_conversation_without_a_template_is_its_turns(llama: Loaded) -> None:
    turns = (Message("system", "the heart"), Message("user", "is a"))
    backend = Local(llama)
    assert (
        backend.generate([turns], Sampling(max_tokens=3))[0].text
        == backend.generate(["the heart\nis a\n"], Sampling(max_tokens=3))[0].text
    )


TEMPLATE = (
    "{% for message in messages %}{{ message.content }}{% if not loop.last or add_generation_prompt %} he {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}was {% endif %}"
)


@pytest.mark.parametrize("template", [None, TEMPLATE])
def test_an_answer_that_has_begun_is_gone_on_with(llama: Loaded, template: str | None) -> None:
    tokenizer = copy.deepcopy(llama.tokenizer)
    tokenizer.chat_template = template
    backend, user = Local(replace(llama, tokenizer=tokenizer)), Message("user", "the heart")
    text = {None: "the heart\nis a", TEMPLATE: "the heart he is a"}[template]
    turns, three = (user, Message("assistant", "is a")), Sampling(max_tokens=3)
    assert backend.generate([turns], three)[0].completions == backend.generate([text], three)[0].completions
    spaced = (user, Message("assistant", "is a "))
    scores = [backend.score([prompt], [own])[0] for prompt, own in ((turns, [" cat"]), (spaced, ["cat"]), (text, [" cat"]))]
    assert scores[0].likelihoods == scores[1].likelihoods == scores[2].likelihoods


def test_a_continuation_that_joins_the_prompts_last_token_is_scored_with_it(llama: Loaded) -> None:
    backend = Local(llama)  # of a vocabulary of words, in which "ispain" is another than "is"
    joined, apart = backend.score(["the pain is"], [("pain", " pain")])[0].likelihoods
    assert (joined.tokens, apart.tokens) == (1, 2) and joined.log_probability < 0
    steps = [
        backend.score([prompt], [[end]])[0].likelihoods[0] for prompt, end in (("the pain", " is"), ("the pain is", " pain"))
    ]
    assert apart.log_probability == pytest.approx(sum(one.log_probability for one in steps), abs=1e-5)


def test_a_template_without_a_system_turn_has_the_user_say_it(llama: Loaded) -> None:
    tokenizer = copy.deepcopy(llama.tokenizer)
    tokenizer.chat_template = (
        "{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ message.content }}{% endfor %}"
    )
    turns = (Message("system", "the heart"), Message("user", "is a"))
    assert written(turns, tokenizer) == "the heart\n\nis a"
    with pytest.raises(UserError, match="no system"):
        written((Message("user", "is a"), Message("system", "the heart")), tokenizer)


def test_embeddings_are_the_mean_of_the_last_states(llama: Loaded, model_folder: Callable[[str], Path]) -> None:
    vectors_ND = Local(llama).embed(PROMPTS[:2])
    network = AutoModelForCausalLM.from_pretrained(model_folder("llama"))
    known = torch.tensor([llama.tokenizer(PROMPTS[1])["input_ids"]])
    with torch.inference_mode():
        expected = network(known, output_hidden_states=True).hidden_states[-1][0].mean(dim=0)
    np.testing.assert_allclose(vectors_ND[1], expected.numpy(), atol=1e-5)


def test_an_empty_prompt_is_answered(llama: Loaded) -> None:
    assert Local(llama).generate([""], Sampling(max_tokens=2))[0].usage.prompt == 1


def test_no_prompts_give_no_replies(llama: Loaded) -> None:
    assert Local(llama).generate([], Sampling()) == []
    assert Local(llama).score([], []) == []


def test_a_prompt_that_is_too_long_fails_alone(llama: Loaded) -> None:
    sampling, long = Sampling(max_tokens=4, temperature=1.0, samples=2), "the " * 3000
    backend = Local(llama)
    replies = backend.generate(["the", long, "pain"], sampling)
    assert [replies[0], replies[2]] == backend.generate(["the", "pain"], sampling)
    assert [one.finish for one in replies[1].completions] == ["failed", "failed"]
    assert replies[1].text == f"3000 tokens and 4 more, where {backend.identity} takes 2048"
    assert replies[1].usage == Usage()


def test_a_prompt_has_room_for_its_own_continuations(llama: Loaded) -> None:
    asked = ["the", "pain", "the " * 2040]
    scored = Local(llama).score(asked, [[" A"], [" A", " the" * 3000], [" drug"]])
    assert [one.log_probability for one in scored[0].likelihoods] == pytest.approx(
        [Local(llama).score(["the"], [[" A"]])[0].likelihoods[0].log_probability], abs=1e-4
    )
    assert np.isnan([one.log_probability for one in scored[1].likelihoods]).all()
    assert len(scored[1].likelihoods) == 2 and scored[1].usage == Usage()
    assert np.isfinite(scored[2].likelihoods[0].log_probability)


def test_what_leaves_no_room_for_any_prompt_is_said(llama: Loaded) -> None:
    with pytest.raises(UserError, match=r"max_tokens: 2048, where .* takes 2048 tokens"):
        Local(llama).generate(["the"], Sampling(max_tokens=2048))
    with pytest.raises(UserError, match="a text of 3000 tokens, where the model takes 2048"):
        Local(llama).embed(["the", "the " * 3000])


def test_what_is_scored_together_stays_within_the_memory(llama: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    run, held = Rows.run, []

    def weighing(self: Rows, tokens: list[tuple[int, ...]], *, last: bool) -> torch.Tensor:
        logits = run(self, tokens, last=last)
        if not last:
            held.append(2 * logits.nbytes)
        return logits

    monkeypatch.setattr(Rows, "run", weighing)
    options = [[" the" * (1 + place % 100) for place in range(200)]]
    (bounded,), (free,) = (Local(llama, memory_mib=memory).score(["pain"], options) for memory in (1, 512))
    assert max(held[:-1]) <= 2**20 < held[-1]
    for one, other in zip(bounded.likelihoods, free.likelihoods, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
        assert (one.tokens, one.greedy) == (other.tokens, other.greedy)


def ending(loaded: Loaded, form: str = "$A <end>") -> Loaded:
    """The same with a tokenizer that adds tokens to each text."""
    tokenizer = copy.deepcopy(loaded.tokenizer)
    added = [(word, tokenizer.convert_tokens_to_ids(word)) for word in ("<end>", "the")]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=form, special_tokens=added)
    return replace(loaded, tokenizer=tokenizer)


def test_an_end_that_the_tokenizer_adds_stands_in_no_text_that_is_scored(llama: Loaded) -> None:
    assert ending(llama).tokenizer("pain")["input_ids"][-1] == llama.tokenizer.eos_token_id
    for plain, found in zip(Local(llama).score(PROMPTS, OPTIONS), Local(ending(llama)).score(PROMPTS, OPTIONS), strict=True):
        assert found == plain


def test_a_beginning_that_the_tokenizer_adds_stays(llama: Loaded) -> None:
    asked = ["the " + prompt for prompt in PROMPTS]
    both = Local(ending(llama, "the $A <end>"))
    for plain, found in zip(Local(llama).score(asked, OPTIONS), both.score(PROMPTS, OPTIONS), strict=True):
        assert found == plain
    tokenizer = ending(llama, "the $A <end>").tokenizer
    assert [begun_tokens(prompt, tokenizer) for prompt in (*PROMPTS, "")] == [
        tokens_of(prompt, llama.tokenizer) for prompt in (*asked, "the")
    ]


def test_a_text_that_is_read_whole_keeps_what_the_tokenizer_adds(llama: Loaded) -> None:
    tokenizer = ending(llama).tokenizer
    assert tokens_of("pain", tokenizer) == (*begun_tokens("pain", tokenizer), tokenizer.eos_token_id)
    assert begun_tokens("", tokenizer) == tokens_of("", tokenizer)


def test_an_end_that_the_tokenizer_adds_is_not_gone_on_from(llama: Loaded) -> None:
    plain, found = (Local(each).generate(PROMPTS, Sampling(max_tokens=6)) for each in (llama, ending(llama)))
    assert found == plain
