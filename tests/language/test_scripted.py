import numpy as np

from vesalius.language.backend import Backend, Message, Sampling, Usage
from vesalius.language.mocks import coin, first_option, last_seen, options_of, oracle, refuser
from vesalius.language.scripted import Scripted

PROMPT = "Question: Which?\nA. aspirin\nB. heparin\nAnswer:"


def echo(prompt, sampling, sample):
    return f"{prompt} sample {sample}"


def test_it_is_a_backend_that_records_what_it_was_asked():
    backend = Scripted(echo)
    assert isinstance(backend, Backend)
    backend.generate(["one"], Sampling())
    backend.score(["two"], [(" a", " b")])
    assert backend.asked == ["one"] and backend.scored == [("two", (" a", " b"))]


def test_words_are_tokens_and_stops_and_limits_cut():
    backend = Scripted(lambda prompt, sampling, sample: "one two three END four")
    stopped = backend.generate(["a b"], Sampling(stop=(" END", "four")))[0]
    assert stopped.text == "one two three" and stopped.completions[0].finish == "stop"
    cut = backend.generate(["a b"], Sampling(max_tokens=2, samples=2))[0]
    assert cut.text == "one two" and cut.completions[0].finish == "length"
    assert cut.usage == Usage(prompt=2, completion=4, calls=1)


def test_the_likeliest_continuation_is_the_greedy_one_and_nothing_costs_nothing():
    found = Scripted(echo, lambda prompt, continuation: {" a": -1.0, " b": -2.0}[continuation]).score(["x"], [(" a", " b", "")])[
        0
    ]
    assert [one.log_probability for one in found.likelihoods] == [-1.0, -2.0, 0.0]
    assert not found.likelihoods[1].greedy


def test_texts_that_share_words_have_near_vectors():
    near, also, far = Scripted(echo).embed(["chest pain", "Pain chest", "renal stone"])
    assert np.isclose(near @ also, 1.0) and near @ far < 0.9


def said(backend, prompt=PROMPT):
    text = backend.generate([prompt], Sampling())[0].text
    letters = [one.log_probability for one in backend.score([prompt], [(" A", " B")])[0].likelihoods]
    return text, "AB"[int(np.argmax(letters))]


def test_mock_models_do_what_their_names_say():
    assert said(oracle({"Which?": "heparin"})) == ("The answer is B.", "B")
    assert said(first_option()) == ("The answer is A.", "A")
    assert said(last_seen(), f"Question: ?\nA. a\nB. b\nAnswer: B\n\n{PROMPT}") == ("The answer is B.", "B")
    assert said(refuser())[0] == "I cannot help with that."


def test_the_oracle_answers_the_question_and_not_its_examples():
    backend = oracle({"Other?": "aspirin", "Which?": "heparin"})
    assert said(backend, f"Question: Other?\nA. heparin\nB. aspirin\nAnswer: B\n\n{PROMPT}")[1] == "B"


def test_the_coin_falls_on_each_side_about_as_often_and_the_same_way_again():
    prompts = [f"Question {number}\nA. a\nB. b\nAnswer:" for number in range(400)]
    texts = [reply.text for reply in coin(1).generate(prompts, Sampling())]
    assert 150 < texts.count("The answer is A.") < 250
    assert texts == [reply.text for reply in coin(1).generate(prompts, Sampling())]
    assert texts != [reply.text for reply in coin(2).generate(prompts, Sampling())]


def test_only_the_last_list_of_options_counts():
    assert options_of("A. x\nB. y\nC. z\n\nA. u\nB. v") == {"A": "u", "B": "v"}
    assert said(first_option(), (Message("system", "Be brief."), Message("user", PROMPT)))[1] == "A"
