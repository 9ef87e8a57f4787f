import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics.registration import folded_share, jacobian_determinants, log_jacobian_std, target_registration_error

HERE, THERE = np.random.default_rng(0).random((2, 7, 3)) * 50


def grid(*shape):
    return np.stack(np.meshgrid(*(np.arange(float(side)) for side in shape), indexing="ij"))


def test_the_error_is_in_millimetres_by_spacing_or_affine():
    affine = np.diag([2.0, 0.5, 1.0, 1.0])
    affine[:3, 3] = [9, -4, 3]
    by_hand = np.mean([math.dist(a * [2, 0.5, 1], b * [2, 0.5, 1]) for a, b in zip(HERE, THERE, strict=True)])
    assert target_registration_error(HERE, THERE, spacing=(2.0, 0.5, 1.0)) == pytest.approx(by_hand)
    assert target_registration_error(HERE, THERE, affine=affine) == pytest.approx(by_hand)
    assert target_registration_error(HERE, THERE, affine=affine[:3, :3]) == pytest.approx(by_hand)


def test_a_rotated_affine_keeps_lengths():
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    assert target_registration_error(HERE, THERE, affine=turn) == pytest.approx(target_registration_error(HERE, THERE))


def test_the_error_keeps_its_properties():
    value = target_registration_error(HERE, THERE, spacing=(1, 2, 3))
    assert target_registration_error(THERE, HERE, spacing=(1, 2, 3)) == pytest.approx(value)
    assert target_registration_error(HERE, THERE, spacing=(2, 4, 6)) == pytest.approx(2 * value)
    assert target_registration_error(HERE + 5, THERE + 5, spacing=(1, 2, 3)) == pytest.approx(value)
    assert target_registration_error(HERE, HERE) == 0
    assert math.isnan(target_registration_error(np.empty((0, 3)), np.empty((0, 3))))
    assert math.isnan(target_registration_error([], []))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"spacing": (1.0, 1.0)}, "spacing"),
        ({"spacing": (1.0, 0.0, 1.0)}, "spacing"),
        ({"affine": np.zeros((4, 4))}, "singular"),
        ({"affine": np.eye(2)}, "affine"),
        ({"affine": np.full((4, 4), np.nan)}, "affine"),
        ({"spacing": (1.0, 1.0, 1.0), "affine": np.eye(4)}, "name one"),
    ],
)
def test_bad_geometry_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        target_registration_error(HERE, THERE, **options)


@pytest.mark.parametrize(("one", "two"), [(HERE, THERE[:3]), (HERE, THERE[:, :2]), (HERE[0], HERE[0]), (HERE * np.nan, THERE)])
def test_bad_landmarks_are_refused(one, two):
    with pytest.raises(ValueError, match=r"landmarks|positions|NaN"):
        target_registration_error(one, two)


@settings(max_examples=40)
@given(st.sampled_from([2, 3]), st.integers(0, 999))
def test_the_determinant_of_a_linear_field_is_that_of_its_matrix(axes, seed):
    matrix = np.random.default_rng(seed).normal(0, 1, (axes, axes))
    field = np.tensordot(matrix, grid(*(4, 5, 6)[:axes]), axes=1)
    determinant = np.linalg.det(np.eye(axes) + matrix)
    np.testing.assert_allclose(jacobian_determinants(field), determinant, atol=1e-9)
    assert folded_share(field) == float(determinant <= 0) or abs(determinant) < 1e-9
    assert log_jacobian_std(field) == pytest.approx(0, abs=1e-6) or determinant < 1e-6


def test_a_fold_is_found_where_it_is():
    field = np.zeros((2, 10, 10))
    field[0, 5:] = -2.0 * np.arange(5)[:, None]
    determinants = jacobian_determinants(field)
    assert (determinants[:5] >= 0).all() and (determinants[6:] == -1).all()
    assert folded_share(field) == pytest.approx((determinants <= 0).mean())


def test_a_field_in_millimetres_is_scaled_by_the_spacing():
    field = np.random.default_rng(0).normal(0, 0.3, (3, 6, 7, 8))
    millimetres = field * np.reshape([2.0, 0.5, 3.0], (3, 1, 1, 1))
    for metric in (folded_share, log_jacobian_std):
        assert metric(millimetres, spacing=(2.0, 0.5, 3.0)) == pytest.approx(metric(field))


def test_slabs_of_any_thickness_give_one_value(monkeypatch):
    field = np.random.default_rng(0).normal(0, 0.4, (3, 9, 6, 5))
    whole = jacobian_determinants(field), folded_share(field), log_jacobian_std(field)
    monkeypatch.setattr("vesalius.metrics.registration._SLAB", 30)
    np.testing.assert_array_equal(jacobian_determinants(field), whole[0])
    assert (folded_share(field), log_jacobian_std(field)) == (whole[1], pytest.approx(whole[2], rel=1e-12))
    assert whole[2] == pytest.approx(np.log(np.maximum(whole[0], 1e-9)).std(), rel=1e-12)


def test_adding_a_translation_changes_nothing():
    field = np.random.default_rng(0).normal(0, 0.4, (2, 9, 6))
    assert folded_share(field + 7) == folded_share(field)
    assert log_jacobian_std(field + 7) == pytest.approx(log_jacobian_std(field))


@pytest.mark.parametrize(
    "field",
    [np.zeros((2, 4)), np.zeros((3, 4, 4)), np.zeros((2, 1, 4)), np.full((2, 4, 4), np.nan), np.zeros((4, 4, 2)), np.zeros((0,))],
)
def test_bad_fields_are_refused(field):
    for metric in (folded_share, log_jacobian_std, jacobian_determinants):
        with pytest.raises(ValueError, match=r"displacement"):
            metric(field)
