import math

import pytest

from vesalius.language.choices import prompt_of
from vesalius.language.conversing import Conversing
from vesalius.language.questions import Question
from vesalius.language.scripted import Scripted
from vesalius.language.tree_of_thoughts import (
    AskedEvaluator,
    Candidate,
    ChanceEvaluator,
    LikelihoodEvaluator,
    Path,
    TreeOfThoughts,
)

ASKED = Question(id="1", text="Which?", options=("x", "y", "z"), order=(2, 0, 1))
FIRST = ("Guess.", "Think.", "Guess.", "Hurry.")
LEADS_TO = {"Guess.": "A", "Think.": "B", "Hurry.": "A"}


def steps(prompt, sampling, sample):
    """Three first steps, of which one leads to B; each is followed by one answer."""
    said = prompt[prompt.index("Answer:") + 7 :].strip()
    return f" {FIRST[sampling.seed % 4]}" if not said else f" The answer is {LEADS_TO[said.split()[-1]]}."


def believing(prompt, continuation):
    """A step is likely if it thinks, and after it B is nearly sure; the model leans to A otherwise."""
    if prompt.endswith("The answer is"):
        share = {" A": 0.02, " B": 0.96, " C": 0.02} if "Think." in prompt else {" A": 0.5, " B": 0.3, " C": 0.2}
        return math.log(share[continuation])
    return math.log(0.9 if "Think." in continuation else 0.5)


def judging(prompt, continuation):
    good = 0.9 if "Think." in prompt else 0.1
    return math.log(good if continuation == " yes" else 1 - good)


def answered(evaluator, scorer, **settings):
    backend = Scripted(steps, scorer)
    tree = TreeOfThoughts(evaluator=evaluator, **({"width": 4, "beam": 1, "depth": 3} | settings))
    return tree(backend, [ASKED], [()], 0)[0], backend


@pytest.mark.parametrize(("evaluator", "scorer"), [(LikelihoodEvaluator(), believing), (AskedEvaluator(), judging)])
def test_the_evaluators_keep_the_path_that_most_samples_do_not_take(evaluator, scorer):
    found, _ = answered(evaluator, scorer)
    assert ASKED.letters[ASKED.order.index("ABC".index(found.letter))] == "B"
    assert "Think. The answer is B." in found.raw


def test_without_evaluators_the_tree_does_no_better_than_its_samples():
    backend = Scripted(steps, believing)
    trees = [TreeOfThoughts(evaluator=ChanceEvaluator(), width=4, beam=1, depth=3) for _ in range(40)]
    found = [tree(backend, [ASKED], [()], 4 * seed)[0].raw for seed, tree in enumerate(trees)]
    kept = sum("Think." in raw for raw in found)
    assert 4 <= kept <= 24


def test_paths_vote_with_their_scores():
    found, _ = answered(LikelihoodEvaluator(), believing, beam=3)
    assert found.raw.count("[A") == 2 and found.raw.count("[B") == 1
    # 0.93 for the one path to B against two worse ones to A, which together weigh more
    values = [float(part.split("]")[0].split()[1]) for part in found.raw.split("\n\n")]
    assert values == sorted(values, reverse=True) and values[0] > values[1] + 0.2
    assert ASKED.letters[ASKED.order.index("ABC".index(found.letter))] == "A"


def test_equal_steps_are_judged_once_and_a_beam_of_one_goes_on_alone():
    backend = Scripted(steps, judging)
    TreeOfThoughts(width=4, beam=1, depth=3, evaluator=AskedEvaluator())(backend, [ASKED], [()], 0)
    layers = [prompt for prompt, _ in backend.scored if "medically correct" in prompt]
    assert len(layers) == 3 + 1
    assert len(backend.asked) == 4 + 4


def test_the_last_layer_closes_what_is_open_by_the_likeliest_letter():
    backend = Scripted(lambda *_: " Think.", believing)
    (tree,) = TreeOfThoughts(width=1, beam=1, depth=2).grow(backend, [ASKED], [()], 0)
    assert tree.paths[0].steps == ("Think.", "Think.", "The answer is B.")
    assert tree.paths[0].letter == "B" and len(tree.paths[0].scores) == 3


def test_a_model_that_says_nothing_is_asked_for_its_letter():
    backend = Scripted(lambda *_: "", believing)
    (tree,) = TreeOfThoughts(width=2, beam=2, depth=4).grow(backend, [ASKED], [()], 0)
    assert [path.letter for path in tree.paths] == ["A"] and len(backend.asked) == 2


def test_an_endpoint_that_fails_is_a_failure():
    class Broken(Scripted):
        def generate(self, prompts, sampling):
            replies = super().generate(prompts, sampling)
            from dataclasses import replace

            return [replace(one, completions=(replace(one.completions[0], finish="failed", text="timeout"),)) for one in replies]

    (found,) = TreeOfThoughts()(Broken(steps, believing), [ASKED], [()], 0)
    assert (found.outcome, found.letter, found.raw) == ("failed", None, "timeout")


def test_every_token_and_call_is_counted():
    found, backend = answered(LikelihoodEvaluator(), believing)
    assert found.calls == len(backend.asked) + len(backend.scored)


def test_likelihoods_score_reasoning_by_the_step_and_correctness_by_the_letters():
    prompt = str(prompt_of(ASKED, "chain of thought", (), chat=False))
    shown = {"question": ASKED, "prompt": prompt, "path": Path(), "tokens": 2}
    open_step = Candidate(step="Think.", letter=None, log_probability=math.log(0.25), **shown)
    closing = Candidate(step="The answer is C.", letter="C", log_probability=None, **shown)
    backend = Scripted(steps, believing)
    first, second = LikelihoodEvaluator()(backend, [open_step, closing], 0)
    assert (first.reasoning, first.correctness) == (pytest.approx(0.5), pytest.approx(0.96))
    # four words of probability a half altogether
    assert (second.reasoning, second.correctness) == (pytest.approx(0.5 ** (1 / 4)), pytest.approx(0.2))
    assert first.score == pytest.approx(0.73)


def on_lines(prompt, sampling, sample):
    """Steps on lines of their own: it ends the line that it finds before it goes on."""
    said = prompt[prompt.index("Answer:") + 7 :]
    if said.strip() and not said.endswith("\n"):
        return "\nnever read\n"
    count = said.count("\n")
    return f" Line {count}.\nLine {count + 1}.\n" if count < 2 else " The answer is B.\n"


def begins_with_a_break(prompt, sampling, sample):
    """A blank line stands before every step but the first."""
    said = prompt[prompt.index("Answer:") + 7 :].strip()
    count = len(said.split("\n")) if said else 0
    step = f"Line {count}.\nmore" if count < 2 else "The answer is B.\n"
    return f"\n{step}" if said else f" {step}"


@pytest.mark.parametrize("thinker", [on_lines, begins_with_a_break])
def test_steps_on_lines_make_a_path_of_several_layers(thinker):
    backend = Scripted(thinker, believing)
    (tree,) = TreeOfThoughts(width=1, beam=1, depth=5, end="\n").grow(backend, [ASKED], [()], 0)
    assert tree.paths[0].steps == ("Line 0.", "Line 1.", "The answer is B.") and tree.paths[0].letter == "B"
    assert tree.paths[0].text == "Line 0.\nLine 1.\nThe answer is B."
    assert backend.asked[-1].endswith("Answer: Line 0.\nLine 1.\n")
    assert tree.usage.calls == len(backend.asked) + len(backend.scored)


def test_steps_on_lines_are_the_models_own_turn_and_closed_on_a_line():
    prompts = []
    backend = Scripted(lambda prompt, *_: prompts.append(prompt) or "Line.\n", lambda *_: -1.0)
    TreeOfThoughts(width=1, beam=1, depth=2, end="\n").grow(Conversing(backend), [ASKED], [()], 0)
    assert [turn.text for turn in prompts[1][1:]] == ["Line.\n"]
    assert {prompt[-1].text for prompt, _ in backend.scored if prompt[-1].text.endswith("The answer is")} == {
        "Line.\nThe answer is",
        "Line.\nLine.\nThe answer is",
    }


def test_a_model_that_says_nothing_on_lines_is_asked_once_more():
    backend = Scripted(lambda *_: "\n\n", believing)
    (tree,) = TreeOfThoughts(width=2, beam=2, depth=4, end="\n").grow(backend, [ASKED], [()], 0)
    assert [path.letter for path in tree.paths] == ["A"] and len(backend.asked) == 4


def test_a_step_that_was_cut_out_of_more_is_scored_by_itself():
    backend = Scripted(begins_with_a_break, believing)
    TreeOfThoughts(width=1, beam=1, depth=2, end="\n").grow(backend, [ASKED], [()], 0)
    assert ("\nLine 1.",) in [continuations for _, continuations in backend.scored]


def test_seeds_change_the_samples():
    seeds = set()
    backend = Scripted(lambda prompt, sampling, sample: seeds.add(sampling.seed) or "", believing)
    for seed in (0, 1):
        TreeOfThoughts(width=3, beam=1, depth=2)(backend, [ASKED], [()], seed)
    assert len(seeds) == 6


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="width 0"):
        TreeOfThoughts(width=0)
