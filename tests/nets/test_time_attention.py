import pytest
import torch

from vesalius.nets.time_attention import TimeAttention, TimeEmbedding

FEATURES, TIME, HEADS = 3, 6, 2


class Attends:
    """Time attention with its embedding, in plain times."""

    def __init__(self):
        torch.manual_seed(0)
        self.embed = TimeEmbedding(TIME)
        self.attention = TimeAttention(FEATURES, 5, time=TIME, heads=HEADS)
        for layer in (self.attention.query, self.attention.key):
            layer.weight.data *= 4

    def means(self, moments, values, seen):
        references = torch.linspace(0.2, 1, 4)
        return self.attention.means(self.embed(references), self.embed(moments), values, seen)

    def __call__(self, moments, values, seen):
        return self.attention(self.embed(torch.linspace(0.2, 1, 4)), self.embed(moments), values, seen)


@pytest.fixture
def attends():
    return Attends()


def stay(length=5):
    generator = torch.Generator().manual_seed(1)
    moments = torch.rand(2, length, generator=generator).sort(dim=1).values
    return (
        moments,
        torch.randn(2, length, FEATURES, generator=generator),
        torch.rand(2, length, FEATURES, generator=generator) < 0.7,
    )


def test_a_mean_is_the_softmax_over_the_moments_at_which_a_variable_was_seen(attends):
    moments, values, seen = stay()
    found = attends.means(moments, values, seen)
    query = attends.attention.query(attends.embed(torch.linspace(0.2, 1, 4))).view(4, HEADS, -1)
    key = attends.attention.key(attends.embed(moments)).view(2, 5, HEADS, -1)
    for place in range(FEATURES):
        there = seen[1, :, place]
        weights = (query[:, 1] @ key[1, there, 1].T / (TIME / HEADS) ** 0.5).softmax(-1)
        assert torch.allclose(found[1, 1, :, place], weights @ values[1, there, place], atol=1e-5)


def test_weights_follow_from_the_times(attends):
    moments, values, seen = stay()
    later = moments.clone()
    later[:, 2:] += 0.3
    assert not torch.allclose(attends.means(moments, values, seen), attends.means(later, values, seen), atol=1e-2)


def test_weights_follow_from_nothing_but_the_times(attends):
    moments, values, seen = stay()
    assert torch.allclose(attends.means(moments, 3 * values, seen), 3 * attends.means(moments, values, seen), atol=1e-5)


def test_times_of_reference_and_heads_tell_different_means(attends):
    found = attends.means(*stay())
    assert not torch.allclose(found[:, :, 0], found[:, :, -1], atol=1e-2)
    assert not torch.allclose(found[:, 0], found[:, 1], atol=1e-2)


def test_padding_is_no_matter_whatever_stands_there(attends):
    moments, values, seen = stay()
    longer = (
        torch.cat([moments, torch.full((2, 3), 0.7)], 1),
        torch.cat([values, torch.full((2, 3, FEATURES), float("nan"))], 1),
        torch.cat([seen, torch.zeros(2, 3, FEATURES, dtype=torch.bool)], 1),
    )
    assert torch.allclose(attends(moments, values, seen), attends(*longer), atol=1e-6)


def test_the_order_of_moments_is_no_matter(attends):
    order = torch.tensor([3, 0, 4, 1, 2])
    turned = [one[:, order] for one in stay()]
    assert torch.allclose(attends(*stay()), attends(*turned), atol=1e-6)


def test_how_often_something_was_seen_leaves_no_trace(attends):
    twice = [torch.cat([one, one], 1) for one in stay()]
    assert torch.allclose(attends(*stay()), attends(*twice), atol=1e-6)


def test_what_was_never_seen_is_0_and_has_a_gradient_without_nan(attends):
    moments, values, seen = stay()
    seen[0], seen[1, :, 0] = False, False
    found = attends.means(moments, values, seen)
    assert (found[0] == 0).all() and (found[1, :, :, 0] == 0).all() and (found[1, :, :, 1] != 0).all()
    attends(moments, values, seen).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in attends.attention.parameters())


def test_one_mark_may_be_of_all_numbers_of_a_moment(attends):
    moments, values, _ = stay()
    seen = torch.tensor([[True, True, False, True, False]] * 2).unsqueeze(-1)
    assert torch.allclose(attends(moments, values, seen), attends(moments, values, seen.expand(-1, -1, FEATURES)), atol=1e-6)


def test_a_moment_is_embedded_as_one_number_that_grows_and_others_that_return(attends):
    found = attends.embed(torch.linspace(0, 1000, 4001))
    steps = found[1:, 0] - found[:-1, 0]
    assert torch.allclose(steps, steps[0].expand_as(steps), atol=1e-3) and found[:, 1:].abs().max() <= 1
