import pytest
import torch

from vesalius.nets.selective_scan import cross_merge, cross_scan, selective_scan

torch.set_num_threads(1)


def recurrence(u_BDL, delta_BDL, A_DN, B_BNL, C_BNL, D_D=None):
    """The formula, position by position, in the precision of its input."""
    state_BDN, outputs = u_BDL.new_zeros(len(u_BDL), *A_DN.shape), []
    for place in range(u_BDL.shape[-1]):
        delta_BD1 = delta_BDL[:, :, place, None]
        state_BDN = torch.exp(delta_BD1 * A_DN) * state_BDN + delta_BD1 * u_BDL[:, :, place, None] * B_BNL[:, None, :, place]
        outputs.append((state_BDN * C_BNL[:, None, :, place]).sum(-1))
    y_BDL = torch.stack(outputs, dim=-1)
    return y_BDL if D_D is None else y_BDL + D_D[:, None] * u_BDL


def problem(batch, channels, states, length, *, step=0.1, decay=1.0, dtype=torch.float64):
    torch.manual_seed(0)
    delta = step * (0.5 + torch.rand(batch, channels, length, dtype=dtype))
    rates = -decay * (1 + torch.arange(states, dtype=dtype)).expand(channels, states).contiguous()
    return (
        torch.randn(batch, channels, length, dtype=dtype),
        delta,
        rates,
        torch.randn(batch, states, length, dtype=dtype),
        torch.randn(batch, states, length, dtype=dtype),
        torch.randn(channels, dtype=dtype),
    )


@pytest.mark.parametrize(
    ("step", "decay"),
    [(0.1, 1.0), (1e-3, 1e-3), (1.0, 0.0), (10.0, 100.0)],
    ids=["usual", "long memory", "no decay", "strong decay"],
)
def test_float32_at_length_4096_is_the_recurrence_in_float64(step, decay):
    inputs = problem(1, 3, 4, 4096, step=step, decay=decay)
    truth = recurrence(*inputs)
    got = selective_scan(*(values.float() for values in inputs))
    assert torch.isfinite(got).all()
    assert (got - truth).abs().max() <= 2e-6 * truth.abs().max()


@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 33])
@pytest.mark.parametrize("chunk", [1, 7, 16, 64, None])
def test_any_chunk_gives_the_recurrence(length, chunk):
    inputs = problem(2, 3, 2, length)
    assert torch.allclose(selective_scan(*inputs, chunk=chunk), recurrence(*inputs), rtol=0, atol=1e-12)


def test_an_impulse_is_remembered_across_chunks():
    u, delta, ones = torch.zeros(1, 1, 100), torch.ones(1, 1, 100), torch.ones(1, 1, 100)
    u[..., 0] = 1
    expected = 0.9 ** torch.arange(100.0)
    assert torch.allclose(selective_scan(u, delta, torch.tensor([[0.9]]).log(), ones, ones, chunk=8)[0, 0], expected, atol=1e-6)


@pytest.mark.parametrize(("length", "chunk"), [(1, 3), (7, 64), (11, 4)])
def test_gradients_are_those_of_finite_differences_and_of_the_recurrence(length, chunk):
    inputs = [values.requires_grad_() for values in problem(2, 3, 2, length)]
    assert torch.autograd.gradcheck(lambda *values: selective_scan(*values, chunk=chunk), inputs)
    weights = torch.randn(2, 3, length, dtype=torch.float64)
    ours = torch.autograd.grad(selective_scan(*inputs, chunk=chunk), inputs, weights)
    theirs = torch.autograd.grad(recurrence(*inputs), inputs, weights)
    assert all(torch.allclose(one, other, rtol=0, atol=1e-12) for one, other in zip(ours, theirs))


def test_gradients_stay_finite_under_strong_decay():
    inputs = [values.float().requires_grad_() for values in problem(1, 2, 2, 300, step=10.0, decay=100.0)]
    gradients = torch.autograd.grad(selective_scan(*inputs, chunk=64).sum(), inputs)
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_the_backward_pass_keeps_inputs_and_the_states_between_chunks_only():
    inputs = [values.requires_grad_() for values in problem(1, 2, 8, 256)]
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        selective_scan(*inputs[:5], chunk=64)
    states = 256 // 64 * 2 * 8
    assert sum(tensor.numel() for tensor in kept) == sum(values.numel() for values in inputs[:5]) + states


@pytest.mark.parametrize("sizes", [(3, 4), (1, 5), (2, 3, 4)])
def test_each_direction_goes_back_to_its_place(sizes):
    image = torch.randn(2, 3, *sizes)
    sequences = cross_scan(image)
    assert sequences.shape == (2, 2 * len(sizes), 3, image[0, 0].numel())
    for direction in range(sequences.shape[1]):
        alone = torch.zeros_like(sequences)
        alone[:, direction] = sequences[:, direction]
        assert torch.equal(cross_merge(alone, sizes), image)


def test_directions_of_a_volume_have_each_axis_as_the_fastest_both_ways():
    strides = torch.tensor([12, 4, 1])
    order = cross_scan(torch.arange(24).reshape(1, 1, 2, 3, 4))[0, :, 0]
    assert (order[:, 1] - order[:, 0]).tolist() == [*strides.flip(0).tolist(), *(-strides.flip(0)).tolist()]
    assert len({tuple(sequence.tolist()) for sequence in order}) == 6


def test_scan_and_merge_are_adjoint():
    # <scan(x), y> = <x, merge(y)>, so that each is the gradient of the other.
    image, sequences = torch.randn(1, 2, 3, 5, dtype=torch.float64), torch.randn(1, 4, 2, 15, dtype=torch.float64)
    there, back = (cross_scan(image) * sequences).sum(), (image * cross_merge(sequences, (3, 5))).sum()
    assert torch.allclose(there, back)
