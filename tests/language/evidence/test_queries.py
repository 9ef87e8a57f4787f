from vesalius.language.evidence import AsAsked, Generated, Several
from vesalius.language.questions import Question
from vesalius.language.scripted import Scripted

ASKED = [Question(id=str(n), text=f"Question {n}?", options=("x", "y"), order=(0, 1)) for n in range(3)]


def test_a_rewritten_question_takes_the_place_of_the_question():
    backend = Scripted(lambda prompt, sampling, sample: f" myocardial {prompt[prompt.index('Question ') + 9]} \nMore.")
    made = Generated(way="rewrite")(backend, ASKED, 0)
    assert [one.texts for one in made] == [("myocardial 0",), ("myocardial 1",), ("myocardial 2",)]
    assert all("Rewritten:" in prompt and "A. x" in prompt for prompt in backend.asked)
    assert all(one.calls == 1 and one.tokens > 10 for one in made)


def test_an_expansion_keeps_the_words_of_the_question():
    backend = Scripted(lambda *_: "crystals of urate")
    assert Generated(way="expand", joined=True)(backend, ASKED[:1], 0)[0].texts == ("Question 0? crystals of urate",)


def test_a_model_that_says_nothing_leaves_the_question_itself():
    backend = Scripted(lambda *_: "\n")
    assert Generated(way="search")(backend, ASKED[:1], 0)[0].texts == ("Question 0?",)


def test_synthetic_queries_are_sampled_by_seed_and_equal_ones_count_once():
    seen = []

    def answer(prompt, sampling, sample):
        seen.append(sampling)
        return f"query {sample % 2}"

    made = Generated(way="search", samples=4, temperature=1.2)(Scripted(answer), ASKED[:1], 9)
    assert made[0].texts == ("query 0", "query 1")
    assert {(one.samples, one.temperature, one.seed) for one in seen} == {(4, 1.2, 9)}


def test_steps_come_by_the_prompt_of_the_protocol():
    backend = Scripted(lambda *_: "First this.\nThen that.")
    assert Generated(way="chain of thought")(backend, ASKED[:1], 0)[0].texts == ("First this. Then that.",)
    assert "Think step by step" in backend.asked[0]


def test_several_makers_ask_for_all_their_queries():
    backend = Scripted(lambda *_: "rewritten")
    maker = Several((AsAsked(options=True), Generated(way="rewrite"), AsAsked(options=True)))
    (made,) = maker(backend, ASKED[:1], 0)
    assert made.texts == ("Question 0? x y", "rewritten") and made.calls == 1
    assert len(maker.prompts) == 1 and maker.prompts[0].startswith("rewrite@1:")
