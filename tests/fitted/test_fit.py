import csv
import json

import numpy as np
import pytest

import vesalius
from tests.fitted import toys
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.fitted import fit as module
from vesalius.fitted.description import read_description
from vesalius.records.places import place
from vesalius.sources.folders import open_folder

pytestmark = pytest.mark.usefixtures("toy_systems")


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_fit_says_what_it_was_and_how_good_it_is(tmp_path):
    fitted = vesalius.fit("toy", made.pictures(tmp_path / "own", count=10, white=255), tmp_path / "out")
    found = fitted.description
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["curves.png", "fit.json", "model", "validation.csv"]
    assert (found.choice.arm, found.choice.seed, found.images.values, found.images.names) == ("long", 0, (255,), ("foreground",))
    assert (len(found.train), len(found.validation), found.images.channels, found.images.axes) == (8, 2, 1, 2)
    assert not set(found.train) & set(found.validation)
    table = rows(tmp_path / "out" / "validation.csv")
    assert [row["id"] for row in table if row["label"] == "all"] == list(found.validation)
    assert {row["unit"] for row in table} == {"pixel"}
    dice = [float(row["dice"]) for row in table if row["label"] == "all"]
    assert np.mean(dice) == pytest.approx(found.scores["dice"]["value"], abs=1e-5)
    assert np.mean(dice) > 0.8
    assert read_description(tmp_path / "out") == found


def test_volumes_are_scored_in_millimetres_label_by_label(tmp_path):
    fitted = vesalius.fit("toy", made.volumes(tmp_path / "own", size=(12, 13, 14)), tmp_path / "out")
    table = rows(fitted.folder / "validation.csv")
    assert {row["unit"] for row in table} == {"mm"}
    assert {row["label"] for row in table} == {"all", "foreground"}
    assert fitted.description.images.spacing == (1.0, 1.0, 2.0)


def test_any_arm_can_be_chosen(tmp_path):
    own = made.pictures(tmp_path / "own")
    assert vesalius.fit("toy", own, tmp_path / "out", arm="short").description.choice.arm == "short"
    with pytest.raises(UserError, match="--arm other: toy has short, long"):
        vesalius.fit("toy", own, tmp_path / "else", arm="other")


def test_a_system_of_another_family_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"recov: made for .* of covariates; the data asks for segmentation of images alone"):
        vesalius.fit("recov", made.pictures(tmp_path / "own"), tmp_path / "out", size="smoke")


def test_a_system_that_needs_a_prompt_is_refused_before_it_is_trained(tmp_path):
    with pytest.raises(UserError, match=r"medsam: made for segmentation of image and box; the data asks for .* images alone"):
        vesalius.fit("medsam", made.pictures(tmp_path / "own"), tmp_path / "out", size="smoke")
    assert not (tmp_path / "out").exists()


def test_a_system_of_a_grid_of_questions_takes_a_users_own_data(tmp_path):
    fitted = vesalius.fit("unet-variants", made.volumes(tmp_path / "own"), tmp_path / "out", size="smoke", arm="res-u-net")
    assert fitted.description.choice.arm == "res-u-net"


def test_grey_pictures_among_colour_are_fitted_as_colour(tmp_path):
    own = made.pictures(tmp_path / "own")
    grey = made.image_of(made.blob(2, (16, 20)), 2)
    made.picture(own / "images" / "case2.png", np.stack([grey, grey // 2, grey // 3], axis=-1))
    found = vesalius.fit("unet-plus-plus", own, tmp_path / "out", size="smoke").description
    assert found.images.channels == 3 and found.images.levels().low.shape == (3, 3)
    assert "5 grey pictures among 1 in colour" in found.notes[0]
    (answer,) = vesalius.predict(tmp_path / "out", own / "images" / "case0.png")
    assert answer.written and not answer.warnings


def test_bad_cases_stop_before_training_or_are_left_out_and_listed(tmp_path):
    own = made.pictures(tmp_path / "own", count=8)
    (own / "images" / "case3.png").write_bytes(b"")
    with pytest.raises(UserError, match="1 of 8 cases cannot be used"):
        vesalius.fit("toy", own, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    found = vesalius.fit("toy", own, tmp_path / "out", arm="short", skip_bad=True).description
    assert len(found.left_out) == 1 and "case3.png: empty" in found.left_out[0]
    assert "case3" not in (*found.train, *found.validation)


def test_whole_subjects_are_held_out(tmp_path):
    made.pictures(tmp_path / "own", count=12)
    lines = [f"own/images/case{n}.png,own/masks/case{n}.png,p{n // 3}" for n in range(12)]
    (tmp_path / "t.csv").write_text("image,mask,subject\n" + "\n".join(lines))
    source = open_folder(tmp_path / "t.csv")
    split = module.split_of(source, source.records())
    held = {record.subject_id for record in split.validation}
    assert held == {min((f"p{n}" for n in range(4)), key=lambda name: place(f"own{name}"))}
    assert len(split.train) == 9


def test_every_class_is_held_out_in_its_share(tmp_path):
    source = open_folder(made.classes(tmp_path, count=10))
    split = module.split_of(source, source.records())
    assert sorted(record.fields["label"].value for record in split.validation) == ["ill"] * 2 + ["well"] * 2


def test_the_users_own_split_is_kept_and_its_test_part_scored_apart(tmp_path):
    made.pictures(tmp_path / "own", count=8)
    parts = ["train"] * 4 + ["validation"] * 2 + ["test"] * 2
    lines = [f"own/images/case{n}.png,own/masks/case{n}.png,{part}" for n, part in enumerate(parts)]
    (tmp_path / "t.csv").write_text("image,mask,split\n" + "\n".join(lines))
    found = vesalius.fit("toy", tmp_path / "t.csv", tmp_path / "out", arm="short").description
    assert [len(part) for part in (found.train, found.validation, found.test)] == [4, 2, 2]
    assert {row["id"] for row in rows(tmp_path / "out" / "test.csv")} == set(found.test)


def test_a_subject_in_two_parts_of_a_split_is_refused(tmp_path):
    made.pictures(tmp_path / "own", count=3)
    lines = [f"own/images/case{n}.png,own/masks/case{n}.png,p,{part}" for n, part in enumerate(("train", "val", "train"))]
    (tmp_path / "t.csv").write_text("image,mask,subject,split\n" + "\n".join(lines))
    with pytest.raises(UserError, match="subject p is in two parts"):
        vesalius.fit("toy", tmp_path / "t.csv", tmp_path / "out")


def test_one_subject_is_refused(tmp_path):
    with pytest.raises(UserError, match="1 usable cases of one subject"):
        vesalius.fit("toy", made.pictures(tmp_path / "own", count=1), tmp_path / "out")


def test_a_stopped_fit_goes_on_to_the_same_weights(tmp_path, stop_after):
    own = made.pictures(tmp_path / "own")
    whole = vesalius.fit("toy", own, tmp_path / "whole")
    stop_after |= {"done": 0, "stop": 25}
    with pytest.raises(KeyboardInterrupt):
        vesalius.fit("toy", own, tmp_path / "out")
    assert (tmp_path / "out" / "checkpoint").is_dir()
    fitted = vesalius.fit("toy", own, tmp_path / "out")
    assert stop_after["done"] == 60
    assert not (tmp_path / "out" / "checkpoint").exists()
    weights = [path / "model" / "segmenter.safetensors" for path in (whole.folder, fitted.folder)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_finished_fit_is_given_back_and_another_one_is_refused(tmp_path, monkeypatch):
    own = made.pictures(tmp_path / "own")
    first = vesalius.fit("toy", own, tmp_path / "out", arm="short")
    monkeypatch.setattr(toys.Segmenter, "fit", lambda *_: pytest.fail("trained again"))
    assert vesalius.fit("toy", own, tmp_path / "out", arm="short").description == first.description
    for change, told in (({"seed": 1}, "begun with seed 0"), ({"arm": "long"}, "begun with arm short")):
        with pytest.raises(UserError, match=told):
            vesalius.fit("toy", own, tmp_path / "out", **{"arm": "short", **change})
    made.picture(own / "images" / "case0.png", made.noise(9, (16, 20), np.uint8))
    with pytest.raises(UserError, match="begun with other data"):
        vesalius.fit("toy", own, tmp_path / "out", arm="short")


def test_a_folder_of_something_else_is_not_written_into(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("x")
    with pytest.raises(UserError, match=r"not empty \(thesis.txt\)"):
        vesalius.fit("toy", made.pictures(tmp_path / "own"), tmp_path / "out")


def test_classes_are_scored_case_by_case(tmp_path):
    fitted = vesalius.fit("toy-classes", made.classes(tmp_path / "own"), tmp_path / "out")
    table = rows(fitted.folder / "validation.csv")
    assert list(table[0]) == ["id", "subject", "truth", "predicted", "accuracy", "p ill", "p well"]
    assert fitted.description.scores["accuracy"]["value"] == 1.0
    assert fitted.description.scores["auroc"]["value"] == 1.0
    assert fitted.description.images.target == "label"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"images": None}, "field images"),
        ({"images.channels": 0}, "field images.channels"),
        ({"images.values": [0]}, "values: one a name"),
        ({"images.first_size": [4]}, "first_size: one length an axis"),
        ({"images.dtype": "O8"}, "field images.dtype"),
        ({"images.intensities": {}}, "intensities: not percentiles"),
        ({"choice.seed": "x"}, "field choice.seed"),
        ({"more": 1}, "field more"),
    ],
)
def test_a_damaged_description_is_told(tmp_path, change, told):
    vesalius.fit("toy", made.pictures(tmp_path / "own"), tmp_path / "out", arm="short")
    path = tmp_path / "out" / "fit.json"
    content = json.loads(path.read_text())
    for place_, value in change.items():
        *outer, last = place_.split(".")
        part = content
        for name in outer:
            part = part[name]
        part[last] = value
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=told):
        vesalius.predict(tmp_path / "out", tmp_path / "own" / "images" / "case0.png")


def losses(folder):
    return json.loads((folder / "model" / "histories.json").read_text())["training"]["losses"]


def test_as_many_steps_are_taken_as_were_asked_for(tmp_path):
    own = made.pictures(tmp_path / "own")
    fitted = vesalius.fit("toy", own, tmp_path / "out", steps=3)
    assert len(losses(fitted.folder)) == 3 and fitted.description.choice.steps == 3
    with pytest.raises(UserError, match="begun with steps 3"):
        vesalius.fit("toy", own, tmp_path / "out")
    vesalius.fit("toy", own, tmp_path / "other", arm="short")
    with pytest.raises(UserError, match="begun without --steps"):
        vesalius.fit("toy", own, tmp_path / "other", arm="short", steps=3)


def test_steps_that_nobody_could_take_are_refused(tmp_path):
    own = made.pictures(tmp_path / "own")
    with pytest.raises(UserError, match="--steps 0: give a number from 1"):
        vesalius.fit("toy", own, tmp_path / "out", steps=0)
    with pytest.raises(UserError, match="--steps 3: threshold has no single training"):
        vesalius.fit("toy-threshold", own, tmp_path / "out", steps=3)
    with pytest.raises(UserError, match=r"--plan .*: long makes no plan"):
        vesalius.fit("toy", own, tmp_path / "out", plan=tmp_path / "plan.json")
    with pytest.raises(UserError, match=r"--steps 3: the plan has its own; set the field steps of .*plan\.json"):
        vesalius.fit("msd", own, tmp_path / "out", steps=3, plan=tmp_path / "plan.json")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def planned(tmp_path):
    """A fit that made its plan, its data, and a way to fit by an edited plan."""
    own = made.volumes(tmp_path / "own")
    first = vesalius.fit("msd", own, tmp_path / "first", size="smoke", steps=1)
    content = json.loads((first.folder / "model" / "plan.json").read_text())

    def fit_by(name, **changes):
        (tmp_path / f"{name}.json").write_text(json.dumps({**content, **changes}))
        return vesalius.fit("msd", own, tmp_path / name, size="smoke", plan=tmp_path / f"{name}.json")

    return content, fit_by


def test_an_edited_plan_is_followed(planned, tmp_path):
    content, fit_by = planned
    assert content["steps"] == 1
    fitted = fit_by("second", steps=2, widths=content["widths"][:1], batch=1)
    assert len(losses(fitted.folder)) == 2
    assert json.loads((fitted.folder / "model" / "plan.json").read_text())["widths"] == content["widths"][:1]
    image = next((tmp_path / "own" / "images").iterdir())
    (answer,) = vesalius.predict(fitted.folder, image, out=tmp_path / "masks")
    assert answer.written and not answer.error
    with pytest.raises(UserError, match="begun with other plan"):
        fit_by("second", steps=3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch": 0}, "field batch"),
        ({"channels": 2}, "field channels: 2 where the images have 1; correct it"),
        ({"labels": ["liver"]}, "field labels: liver where the masks have foreground; correct it"),
        ({"spacing": [1.0, 1.0]}, "field spacing: 2 numbers where the images have 3 axes; correct it"),
        ({"more": 1}, "field more"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_by_its_field(planned, tmp_path, changes, told):
    with pytest.raises(UserError, match=rf"second\.json, {told}"):
        planned[1]("second", **changes)
    assert not (tmp_path / "second").exists()


def test_a_plan_of_volumes_is_refused_for_pictures(planned, tmp_path):
    content = {**planned[0], "dimensions": 3, "patch": [8, 8, 8], "widths": [4]}
    (tmp_path / "plan.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"plan\.json, field dimensions: 3 where the images have 2"):
        vesalius.fit("msd", made.pictures(tmp_path / "flat"), tmp_path / "out", size="smoke", plan=tmp_path / "plan.json")
