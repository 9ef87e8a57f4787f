import math

import pytest
import torch

from vesalius.nets.merging import dare, disjoint_mean, dropped, slerp, task_vectors, ties, trimmed


def weights(seed, *shapes):
    random = torch.Generator().manual_seed(seed)
    return {str(place): torch.randn(shape, generator=random) for place, shape in enumerate(shapes)}


BASE, ONE, OTHER = (weights(seed, (6, 5), (7,)) for seed in range(3))


def test_slerp_keeps_the_length_of_unit_vectors_and_goes_equal_angles():
    one, other = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([math.cos(2.0), math.sin(2.0), 0.0])
    for share in (0.0, 0.25, 0.5, 1.0):
        expected = torch.tensor([math.cos(2 * share), math.sin(2 * share), 0.0])
        torch.testing.assert_close(slerp({"w": one}, {"w": other}, share)["w"], expected)


def test_slerp_of_tensors_of_one_direction_or_of_nothing_is_a_line():
    one = {"w": torch.tensor([1.0, 2.0]), "zero": torch.zeros(2)}
    other = {"w": torch.tensor([2.0, 4.0]), "zero": torch.zeros(2)}
    torch.testing.assert_close(slerp(one, other, 0.25)["w"], torch.tensor([1.25, 2.5]))
    assert slerp(one, other)["zero"].tolist() == [0, 0]


def test_slerp_is_no_mean():
    assert not torch.allclose(slerp(ONE, OTHER)["0"], (ONE["0"] + OTHER["0"]) / 2, atol=1e-2)


def test_ties_on_numbers_worked_out_by_hand():
    base = {"w": torch.tensor([1.0, 1.0, 1.0, 1.0])}
    models = [
        {"w": torch.tensor([1.0 + 4, 1.0 - 3, 1.0 + 0.5, 1.0 + 1])},
        {"w": torch.tensor([1.0 + 2, 1.0 + 2, 1.0 + 0.25, 1.0 - 3])},
        {"w": torch.tensor([1.0 - 1, 1.0 - 5, 1.0 + 4, 1.0 + 0.5])},
    ]
    # trimmed to three numbers each: [4, -3, 0, 1], [2, 2, 0, -3], [-1, -5, 4, 0]; signs +, -, +, -
    torch.testing.assert_close(
        ties(base, models, density=0.75, scale=0.5)["w"], torch.tensor([1 + 3 / 2, 1 - 4 / 2, 1 + 4 / 2, 1 - 3 / 2])
    )


def test_each_step_of_ties_counts():
    merged = ties(BASE, [ONE, OTHER], density=0.5)
    vectors = task_vectors(BASE, [ONE, OTHER])
    untrimmed = disjoint_mean(vectors)
    unelected = {name: sum(trimmed(vector, 0.5)[name] for vector in vectors) / 2 for name in BASE}
    for without in (untrimmed, unelected):
        assert not torch.allclose(merged["0"], BASE["0"] + without["0"], atol=1e-2)
    assert torch.allclose(merged["0"], BASE["0"] + disjoint_mean([trimmed(vector, 0.5) for vector in vectors])["0"])


def test_trimming_takes_the_largest_of_the_whole_vector_not_of_each_tensor():
    vector = {"large": torch.tensor([5.0, -6.0]), "small": torch.tensor([0.5, 0.6])}
    assert [value.count_nonzero().item() for value in trimmed(vector, 0.5).values()] == [2, 0]


def test_a_whole_task_vector_gives_the_model_back():
    for merged in (ties(BASE, [ONE], density=1.0), dare(BASE, [ONE], density=1.0), slerp(BASE, ONE, 1.0)):
        for name in BASE:
            torch.testing.assert_close(merged[name], ONE[name])


def test_dare_drops_at_the_rate_and_rescales_so_that_the_mean_stays():
    vector = {"w": torch.full((200, 200), 2.0)}
    thin = dropped(vector, 0.1, seed=3)["w"]
    assert thin.count_nonzero().item() / thin.numel() == pytest.approx(0.1, abs=0.01)
    assert thin.mean().item() == pytest.approx(2.0, rel=0.05)
    assert torch.equal(thin, dropped(vector, 0.1, seed=3)["w"]) and not torch.equal(thin, dropped(vector, 0.1, seed=4)["w"])


def test_dare_of_two_models_drops_other_numbers_of_each_and_elects_signs():
    zero = {"w": torch.zeros(2000)}
    merged = dare(zero, [{"w": torch.ones(2000)}, {"w": -torch.ones(2000)}], density=0.5, seed=0)["w"]
    # dropped from both, or kept of both with opposite signs: nothing; else one of the two, rescaled
    assert sorted(merged.unique().tolist()) == [-2.0, 0.0, 2.0]
    assert (merged != 0).float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_models_of_different_shape_are_refused():
    with pytest.raises(ValueError, match="names or shapes"):
        slerp(BASE, weights(0, (6, 5)))
    with pytest.raises(ValueError, match="names or shapes"):
        ties(BASE, [weights(0, (6, 5), (8,))])
