import math
from dataclasses import replace

import pytest

from tests.learners.note_errors.fixtures import blind, scores, swapped_doses, truths
from vesalius.errors import UserError
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.note_errors.prompted import FILE, PromptedReviewer
from vesalius.learners.note_errors.tuned import review_examples
from vesalius.metrics import correction_composite, error_flag_accuracy, error_sentence_accuracy, read_correction
from vesalius.records import Text

TRAIN, TEST = swapped_doses(6), swapped_doses(8, seed=2)
ALL = (error_flag_accuracy, error_sentence_accuracy, correction_composite)


def key(records):
    return {
        one.get("sentences", Text).value: read_correction(review) for one, review in zip(records, truths(records), strict=True)
    }


def knowing(records=TEST):
    """A model that knows the notes: it finds its own words likeliest, and goes on behind a number."""
    right = key(records)

    def said(prompt):
        note = max(right, key=text_of(prompt).rfind)
        return "CORRECT" if right[note].flag == "0" else f"{right[note].sentence} {right[note].correction}"

    def answer(prompt, sampling, sample):
        begun = text_of(prompt).rsplit("Review:", 1)[1].strip()
        return said(prompt).removeprefix(begun)

    def score(prompt, continuation):
        return 0.0 if said(prompt).split(" ")[0] == continuation.split()[0] else -5.0

    return Scripted(answer, score, identity="knowing")


@pytest.mark.parametrize("asking", ["generation", "likelihood"])
@pytest.mark.parametrize(("shots", "chat"), [(0, False), (2, False), (2, True)])
def test_a_model_that_knows_is_right_however_it_is_asked(asking, shots, chat):
    learner = PromptedReviewer(knowing, asking=asking, shots=shots, chat=chat)
    learner.fit(TRAIN, [])
    assert scores(learner, TEST, *ALL) == (1, 1, 1)


def test_a_number_of_two_digits_can_be_the_likeliest():
    """Of a model that splits numbers into digits, as most do, 1 is at least as likely as 10."""
    sentences = "\n".join(f"{number} Sentence {number}." for number in range(12))

    def score(prompt, continuation):
        text, known = continuation.strip(), "10 Sentence"
        return sum(math.log(0.9 if text[place] == known[place : place + 1] else 0.01) for place in range(len(text)))

    backend = Scripted(lambda *_: " Fixed.", score)
    record = replace(TEST[0], fields={**TEST[0].fields, "sentences": Text(sentences)})
    (found,) = PromptedReviewer(lambda: backend, asking="likelihood").predict(blind([record]))
    assert read_correction(found.value).sentence == "10"


def test_what_cannot_be_read_is_counted_as_such_and_scores_nothing():
    says = iter(["", "Hm, sentence two.", "I'm sorry, I can't.", "9 Rest."])
    learner = PromptedReviewer(lambda: Scripted(lambda *_: next(says)))
    assert [one.outcome for one in learner.predict(blind(TEST[:4]))] == ["empty", "unparsed", "refused", "unparsed"]


def test_the_review_itself_is_never_in_the_prompt():
    backend = knowing()
    PromptedReviewer(lambda: backend).predict(TEST)
    for prompt, record in zip(backend.asked, TEST, strict=True):
        said = read_correction(record.get("review", Text).value)
        assert said.flag == "0" or said.correction not in prompt


def test_examples_are_of_both_kinds_and_different_notes_and_the_seed_draws_them(tmp_path):
    shown = []
    for seed in (0, 0, 1):
        backend = knowing()
        learner = PromptedReviewer(lambda backend=backend: backend, shots=4, seed=seed)
        learner.fit(TRAIN, [])
        learner.predict(blind(TEST[:1]))
        shown.append(backend.asked[0])
    assert shown[0] == shown[1] != shown[2]
    assert shown[0].count("Review: CORRECT") == 2 and shown[0].count("Review:") == 5
    learner.save(tmp_path)
    other = PromptedReviewer(knowing, shots=4)
    other.load(tmp_path)
    other.predict(blind(TEST[:1]))
    assert other.backend.asked[0] == shown[2]


def test_bad_input_is_told(tmp_path):
    learner = PromptedReviewer(knowing, shots=2)
    with pytest.raises(UserError, match="no examples yet"):
        learner.predict(blind(TEST))
    with pytest.raises(UserError, match="too few training notes"):
        learner.fit(TRAIN[:2], [])
    with pytest.raises(UserError, match="missing"):
        learner.load(tmp_path)
    (tmp_path / FILE).write_text('[{"sentences": "0 x"}]')
    with pytest.raises(UserError, match="damaged"):
        learner.load(tmp_path)


def test_what_is_learnt_is_what_is_asked_later():
    backend = knowing(TRAIN)
    PromptedReviewer(lambda: backend).predict(blind(TRAIN))
    examples = review_examples(TRAIN)
    assert [one.prompt for one in examples] == backend.asked
    assert [one.answer for one in examples] == [backend._answer(one, None, 0) for one in backend.asked]
