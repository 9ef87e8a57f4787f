import numpy as np
import pytest
import torch
from scipy import ndimage

from vesalius.learners.skeleton_losses import cl_dice_loss
from vesalius.metrics.topology import betti_numbers
from vesalius.nets import skeletonize
from vesalius.nets.skeletonize import is_simple, kept_points, neighbours, soft_skeleton, straight_through, topological_skeleton


def blobs(shape, seed, count=1):
    random = np.random.default_rng(seed)
    return np.stack([ndimage.gaussian_filter(random.normal(size=shape), 2) > 0.02 for _ in range(count)])


def skeleton_of(objects):
    return topological_skeleton(torch.tensor(objects, dtype=torch.float32), noise=0).numpy() > 0.5


def shapes():
    x, y, z = np.mgrid[:24, :24, :24] - 12
    ring = (np.sqrt(x**2 + y**2) - 7) ** 2 + z**2 <= 6
    ball = x**2 + y**2 + z**2
    return {"torus": ring, "hollow ball": (ball <= 64) & (ball >= 25), "ball": ball <= 64, "cross": (abs(x) < 3) | (abs(y) < 3)}


@pytest.mark.parametrize("shape", [(40, 40), (20, 20, 20)])
@pytest.mark.parametrize("seed", range(4))
def test_betti_numbers_of_random_objects_are_kept(shape, seed):
    for one in blobs(shape, seed, count=2):
        assert betti_numbers(skeleton_of(one[None])[0]) == betti_numbers(one)


@pytest.mark.parametrize("name", shapes())
def test_betti_numbers_of_known_shapes_are_kept(name):
    solid = shapes()[name]
    assert betti_numbers(skeleton_of(solid[None])[0]) == betti_numbers(solid)


def test_a_ball_becomes_little_and_a_torus_a_thin_ring():
    assert skeleton_of(shapes()["ball"][None]).sum() < 0.05 * shapes()["ball"].sum()
    ring = skeleton_of(shapes()["torus"][None])[0]
    around = ndimage.convolve(ring.astype(int), np.ones((3, 3, 3), int), mode="constant") - 1
    assert (around[ring] <= 3).all()


@pytest.mark.parametrize("shape", [(40, 40), (20, 20, 20)])
def test_skeleton_lies_inside_and_is_its_own_skeleton(shape):
    objects = blobs(shape, 9)
    skeleton = skeleton_of(objects)
    assert not (skeleton & ~objects).any() and skeleton.sum() < objects.sum() / 3
    assert (skeleton_of(skeleton) == skeleton).all()


def test_images_of_a_batch_do_not_touch():
    objects = blobs((30, 30), 3, count=4)
    together = skeleton_of(objects)
    assert all((skeleton_of(one[None])[0] == other).all() for one, other in zip(objects, together))


def test_deleting_touching_points_together_breaks_the_topology(monkeypatch):
    objects = blobs((40, 40), 0)
    monkeypatch.setattr(skeletonize, "_subfields", lambda sizes: torch.zeros(int(np.prod(sizes)), dtype=torch.long))
    assert betti_numbers(skeleton_of(objects)[0]) != betti_numbers(objects[0])


def brute_force(ring, dimensions):
    """Whether objects and background are as many with the centre as without, in the square or cube around it."""
    cube = np.zeros((3,) * dimensions, dtype=bool)
    for offset, value in zip(neighbours(dimensions), ring):
        cube[tuple(step + 1 for step in offset)] = value
    centre = (1,) * dimensions
    corners = np.ones((3,) * dimensions)
    _, count = ndimage.label(cube, corners)
    if count != 1:
        return False
    near = ndimage.generate_binary_structure(dimensions, min(dimensions, 2))
    background, _ = ndimage.label(~cube & near & (np.indices(cube.shape) != 1).any(axis=0))
    sides = ndimage.generate_binary_structure(dimensions, 1)
    sides[centre] = False
    return len(set(background[sides & ~cube])) == 1 and (sides & ~cube).any()


def test_simple_points_of_images_are_those_of_brute_force():
    rings = np.array(np.meshgrid(*[[False, True]] * 8)).reshape(8, -1).T
    found = is_simple(torch.tensor(rings), 2).numpy()
    assert (found == [brute_force(ring, 2) for ring in rings]).all()


def test_simple_points_of_volumes_are_those_of_brute_force():
    random = np.random.default_rng(0)
    rings = random.random((600, 26)) < random.uniform(0.2, 0.9, size=(600, 1))
    found = is_simple(torch.tensor(rings), 3).numpy()
    expected = np.array([brute_force(ring, 3) for ring in rings])
    assert 20 < expected.sum() < 580
    assert (found == expected).all()


def test_ends_of_lines_stay():
    line = torch.zeros(1, 5, 12)
    line[0, 2, 2:10] = 1
    assert torch.equal(kept_points(line > 0), line)


def test_gradient_reaches_what_stays_and_nothing_else():
    objects = torch.tensor(blobs((20, 20), 5), dtype=torch.float32)
    probability = (0.8 * objects + 0.1).requires_grad_()
    skeleton = topological_skeleton(probability, noise=0)
    skeleton.sum().backward()
    assert ((probability.grad > 0) == (skeleton > 0)).all()


def test_draw_is_boolean_and_follows_the_probability():
    torch.manual_seed(0)
    drawn = straight_through(torch.full((4000,), 0.6), noise=1.0)
    assert set(drawn.tolist()) == {0.0, 1.0}
    assert float(drawn.mean()) == pytest.approx(0.6, abs=0.03)


def test_morphological_skeleton_breaks_what_ours_keeps():
    objects = blobs((60, 60), 1)
    soft = soft_skeleton(torch.tensor(objects, dtype=torch.float32), 10).numpy()[0] > 0.5
    assert betti_numbers(soft) != betti_numbers(objects[0])


def test_a_gap_costs_more_with_cl_dice_than_a_missing_border():
    truth = torch.zeros(1, 20, 40, dtype=torch.long)
    truth[:, 8:13] = 1
    gap, thinner = truth.clone(), truth.clone()
    gap[:, :, 18:26] = 0
    thinner[:, 8] = 0
    assert (truth - gap).sum() == (truth - thinner).sum()

    def cost(labels, weight):
        logits = torch.stack([1.0 - labels, labels.float()], dim=1) * 20
        torch.manual_seed(0)
        return float(cl_dice_loss(topological_skeleton, weight)(logits, truth))

    assert cost(gap, 1.0) > cost(thinner, 1.0) + 0.05
    assert cost(gap, 0.0) == pytest.approx(cost(thinner, 0.0), abs=1e-3)
