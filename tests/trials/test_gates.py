from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from tests.trials.toys import question_task
from vesalius.records import Choices, Image, Label, Record, Text
from vesalius.tasks import Split
from vesalius.trials.gates import (
    exact_duplicates,
    licence_known,
    near_duplicate_images,
    near_duplicate_texts,
    subjects_apart,
    time_order,
)

LONG = "A man of 61 years is brought in with crushing chest pain since two hours, he is pale, sweating and short of breath."
TASK = question_task()


def note(id, text, subject=None, **more):
    fields = {"question": Text(text), "options": Choices(("yes", "no"))}
    return Record(id=id, subject_id=subject or id, fields=fields, licence="CC0-1.0", **more)


def picture(id, pixels):
    return Record(id=id, subject_id=id, fields={"image": Image(pixels)})


def texture(seed, size=64):
    """Smooth like an organ, so that its low frequencies say what it is."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(np.random.default_rng(seed).random((size, size)), 4)


def split(train, test):
    return Split(train, [], test)


def test_a_shared_subject_fails():
    shared = split([note("1", "x", subject="p")], [note("2", "y", subject="p")])
    assert subjects_apart(TASK, shared).outcome == "failed"
    assert subjects_apart(TASK, split([note("1", "x")], [note("2", "y")])).outcome == "passed"
    assert subjects_apart(TASK, split([], [note("2", "y")])).outcome == "not applicable"


def test_a_subject_of_the_validation_records_counts_as_learned_from():
    assert (
        subjects_apart(TASK, Split([note("1", "x")], [note("2", "x", subject="p")], [note("3", "y", subject="p")])).outcome
        == "failed"
    )


def test_text_that_differs_in_case_and_punctuation_is_the_same():
    assert exact_duplicates(TASK, split([note("1", LONG)], [note("2", LONG.upper().replace(",", ";"))])).outcome == "failed"
    assert exact_duplicates(TASK, split([note("1", LONG)], [note("2", LONG + " No fever.")])).outcome == "passed"


def test_a_validation_record_among_the_tested_fails_too():
    assert exact_duplicates(TASK, Split([note("1", "x")], [note("2", LONG)], [note("3", LONG)])).outcome == "failed"


def test_a_repeated_test_record_fails():
    assert exact_duplicates(TASK, split([], [note("1", LONG), note("2", LONG)])).outcome == "failed"


def test_the_same_question_with_other_options_is_another():
    other = replace(note("2", LONG), fields={"question": Text(LONG), "options": Choices(("now", "later"))})
    assert exact_duplicates(TASK, split([note("1", LONG)], [other])).outcome == "passed"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (LONG.replace("61", "62"), "failed"),
        ("Please note: " + LONG, "failed"),
        (LONG[: len(LONG) // 2], "passed"),
        ("A girl of 4 has had a cough for three days and does not want to eat.", "passed"),
    ],
)
def test_near_text(text, outcome):
    assert near_duplicate_texts(TASK, split([note("1", LONG)], [note("2", text)])).outcome == outcome


@pytest.mark.parametrize("change", [lambda x: x * 0.6 + 0.1, lambda x: x[::2, ::2], lambda x: np.stack([x] * 3, -1)])
def test_a_scaled_or_recoloured_image_is_found(change):
    task = replace(TASK, inputs=("image",))
    image = texture(0)
    assert near_duplicate_images(task, split([picture("1", image)], [picture("2", change(image))])).outcome == "failed"


def test_other_images_are_not_called_duplicates():
    task = replace(TASK, inputs=("image",))
    train = [picture(str(seed), texture(seed)) for seed in range(40)]
    test = [picture(str(seed), texture(seed)) for seed in range(100, 140)]
    assert near_duplicate_images(task, split(train, test)).outcome == "passed"


def asked(id, pixels, label="a"):
    fields = {"image": Image(pixels), "asked": Label(label, ("a", "b"))}
    return Record(id=id, subject_id=f"subject of {id}", fields=fields, licence="CC0-1.0")


def test_a_generator_is_asked_by_class_again_and_again_but_may_not_have_seen_the_tested_image():
    task = replace(TASK, family="generation", inputs=("asked",), target="image")
    apart = split([asked("1", texture(1))], [asked("2", texture(2)), asked("3", texture(3))])
    assert exact_duplicates(task, apart).outcome == near_duplicate_images(task, apart).outcome == "passed"
    seen = split([asked("1", texture(1))], [asked("2", texture(1))])
    assert exact_duplicates(task, seen).outcome == near_duplicate_images(task, seen).outcome == "failed"


def test_where_a_class_alone_is_read_there_is_nothing_to_repeat():
    task = replace(TASK, inputs=("asked",), target="image")
    assert exact_duplicates(task, split([asked("1", texture(1))], [asked("2", texture(2))])).outcome == "not applicable"


def test_the_licence_of_what_is_trained_on_is_asked_for_where_nothing_is_read():
    unknown = split([replace(asked("1", texture(1)), licence=None)], [asked("2", texture(2))])
    assert licence_known(replace(TASK, inputs=()), unknown).outcome == "failed"


def test_training_on_the_future_fails():
    old, new = datetime(2020, 1, 1), datetime(2021, 1, 1)
    assert time_order(TASK, split([note("1", "x", time=new)], [note("2", "y", time=old)])).outcome == "failed"
    assert time_order(TASK, split([note("1", "x", time=old)], [note("2", "y", time=new)])).outcome == "passed"
    between = [note("1", "x", time=datetime(2020, 6, 1))]
    assert time_order(TASK, split(between, [note("2", "y", time=old), note("3", "z", time=new)])).outcome == "failed"
    assert time_order(TASK, split([note("1", "x")], [note("2", "y")])).outcome == "not applicable"


def test_an_unknown_licence_fails():
    assert licence_known(TASK, split([replace(note("1", "x"), licence=None)], [note("2", "y")])).outcome == "failed"
    assert licence_known(TASK, split([], [note("2", "y")])).detail == "CC0-1.0"
