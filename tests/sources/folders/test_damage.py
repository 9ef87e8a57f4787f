"""Whatever files hold, only a UserError may come out of a folder."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.records.files.made import write_series
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.records.files import read_scan
from vesalius.sources.folders import open_folder

FUZZ = settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(allow_nan=True) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def read_or_refuse(folder, *, skip_bad=True):
    try:
        for record in open_folder(folder, skip_bad=skip_bad).records():
            _ = [record.fields[name] for name in record.fields]
    except UserError as error:
        assert str(error)


@FUZZ
@given(field=st.sampled_from(["labels", "channel_names", "training", "modality"]), value=VALUES, nnunet=st.booleans())
def test_any_dataset_json_is_read_or_refused(tmp_path_factory, field, value, nnunet):
    folder = tmp_path_factory.mktemp("f")
    (made.nnunet if nnunet else made.decathlon)(folder, count=1)
    path = folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    read_or_refuse(folder)


@FUZZ
@given(content=st.binary(max_size=80) | st.text(max_size=80).map(lambda text: ("image,label\n" + text).encode()))
def test_any_table_is_read_or_refused(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    read_or_refuse(tmp_path / "t.csv")
    read_or_refuse(tmp_path)


@FUZZ
@given(content=st.binary(max_size=80))
def test_any_json_is_read_or_refused(tmp_path, content):
    (made.pictures(tmp_path, count=1) / "dataset.json").write_bytes(content)
    read_or_refuse(tmp_path)


@pytest.mark.parametrize("part", ["images", "masks"])
@FUZZ
@given(data=st.data())
def test_a_damaged_image_or_mask_is_read_or_refused(tmp_path, part, data):
    folder = made.volumes(tmp_path, count=2)
    path = folder / part / "case0.nii.gz"
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    read_or_refuse(folder)


@FUZZ
@given(data=st.data())
def test_a_file_of_several_channels_is_read_or_refused(tmp_path, data):
    path = made.nifti(tmp_path / "a.nii", made.noise(0, (4, 5, 6, 3)))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, 351))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        scan = read_scan(path, channels=True)
    except UserError:
        return
    assert scan.voxels.ndim in (3, 4)


@FUZZ
@given(data=st.data())
def test_a_damaged_series_is_read_or_refused(tmp_path_factory, data):
    folder = write_series(tmp_path_factory.mktemp("s") / "series", slices=3)
    path = folder / f"{data.draw(st.integers(1, 3))}.dcm"
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        values = read_scan(folder).voxels
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(values).all()
