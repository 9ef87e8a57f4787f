"""The selective scan of Mamba, chunk by chunk, and the orders in which images are read for it."""

from collections.abc import Iterator
from math import isqrt

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable

CACHED = 49_152
"""Batch × channels × positions of a chunk that was fastest on a CPU over widths of 96 to 768."""


def selective_scan(
    u_BDL: Tensor,
    delta_BDL: Tensor,
    A_DN: Tensor,
    B_BNL: Tensor,
    C_BNL: Tensor,
    D_D: Tensor | None = None,
    *,
    chunk: int | None = None,
) -> Tensor:
    """The output of a state-space model whose step, input and output maps depend on the position.

    State h (batch × channels D × states N) and output y follow, for each position t of the sequence (Gu and Dao 2023,
    arXiv 2312.00752, with the discretisation of their code):

        h_t = exp(delta_t A) h_(t-1) + delta_t B_t u_t,   y_t = C_t h_t + D u_t

    A chunk is cut into about √chunk blocks that are scanned side by side; the states between blocks, then between chunks, are
    carried over. Only decays and their products are formed, never their inverses, so that neither long memories nor strong
    decay overflow. Beside input and output, memory is of batch × chunk × D × N; the backward pass computes states again.

    Args:
        u_BDL: the sequence.
        delta_BDL: step sizes, positive: after the bias and the softplus.
        A_DN: decay rates, at most 0.
        B_BNL: maps into the state.
        C_BNL: maps out of the state.
        D_D: weight of the skip connection; without it there is none.
        chunk: positions held at a time; without it, as many as a processor's cache holds of 16 states, at least 64.

    Returns:
        y, batch × D × L.

    >>> ones = torch.ones(1, 1, 3)
    >>> selective_scan(ones, ones, torch.log(torch.tensor([[0.5]])), ones, ones)
    tensor([[[1.0000, 1.5000, 1.7500]]])
    """
    chunk = chunk or max(64, CACHED // u_BDL[..., 0].numel())
    y_BDL: Tensor = _Scan.apply(u_BDL, delta_BDL, A_DN, B_BNL, C_BNL, chunk)  # type: ignore[no-untyped-call]
    return y_BDL if D_D is None else y_BDL + u_BDL * D_D[:, None]


def cross_scan(features_BCS: Tensor) -> Tensor:
    """An image as sequences: each axis in turn is the fastest, forwards, then the same backwards.

    Four sequences of a two-dimensional image (rows, columns and both reversed: VMamba, Liu et al. 2024, arXiv 2401.10166,
    and VM-UNet), six of a volume.

    Args:
        features_BCS: batch × channels × H × W, or × D × H × W.

    Returns:
        Batch × directions × channels × positions.

    >>> cross_scan(torch.tensor([[[[1, 2], [3, 4]]]]))[0, :, 0]
    tensor([[1, 2, 3, 4], [1, 3, 2, 4], [4, 3, 2, 1], [4, 2, 3, 1]])
    """
    axes = range(features_BCS.ndim - 1, 1, -1)
    forwards_BRCL = torch.stack([features_BCS.movedim(axis, -1).flatten(2) for axis in axes], dim=1)
    return torch.cat((forwards_BRCL, forwards_BRCL.flip(-1)), dim=1)


def cross_merge(sequences_BRCL: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """The sum of sequences over their directions, each value back at its place in the image; undoes ``cross_scan``.

    Args:
        sequences_BRCL: batch × directions × channels × positions, in the order of ``cross_scan``.
        sizes: H and W, or D, H and W.

    Returns:
        Batch × channels × sizes.

    >>> image = torch.arange(6.0).reshape(1, 1, 2, 3)
    >>> torch.equal(cross_merge(cross_scan(image), (2, 3)), 4 * image)
    True
    """
    forwards, backwards = sequences_BRCL.chunk(2, dim=1)
    merged_BCS = sequences_BRCL.new_zeros(*sequences_BRCL[:, 0].shape[:2], *sizes)
    for axis, sequence_BCL in zip(reversed(range(len(sizes))), (forwards + backwards.flip(-1)).unbind(1)):
        moved = (*sizes[:axis], *sizes[axis + 1 :], sizes[axis])
        merged_BCS += sequence_BCL.reshape(*sequence_BCL.shape[:2], *moved).movedim(-1, axis + 2)
    return merged_BCS


class _Blocks:
    """A stretch of the sequence as T × K × B × … × D: position t of K blocks side by side."""

    def __init__(self, delta_BDL: Tensor, A_DN: Tensor, at: slice) -> None:
        length = delta_BDL[..., at].shape[-1]
        # The steps in Python are T + K, least at equal numbers.
        self.block = isqrt(length - 1) + 1
        self.padding, self.at = -length % self.block, at
        # Axes are ordered so that each step works on memory that lies together, its fastest axis the widest: D.
        self.A_ND = A_DN.mT.contiguous()
        self.delta_TKBD = self.cut(delta_BDL)
        self.decay_TKBND = (self.delta_TKBD[..., None, :] * self.A_ND).exp_()
        self.decay_KBND = (self.delta_TKBD.sum(0)[..., None, :] * self.A_ND).exp_()

    def cut(self, values_BXL: Tensor) -> Tensor:
        """Contiguous T × K × B × X; what is added at the end is 0, a step of no length."""
        values = torch.nn.functional.pad(values_BXL[..., self.at], (0, self.padding))
        return values.reshape(*values.shape[:2], -1, self.block).permute(3, 2, 0, 1).contiguous()

    def join(self, values_TKBX: Tensor, out_BXL: Tensor) -> None:
        """Undo ``cut`` into a place of the whole."""
        values = values_TKBX.permute(2, 3, 1, 0).flatten(2)
        out_BXL[..., self.at] = values[..., : values.shape[-1] - self.padding]

    def scan(self, inputs_TKBND: Tensor, start_BND: Tensor) -> Tensor:
        """Replace inputs by states; gives the states before each block and, last, after all."""
        decay, states = self.decay_TKBND, inputs_TKBND
        local, spare = states[0].clone(), torch.empty_like(states[0])
        for place in range(1, len(states)):
            torch.addcmul(states[place], decay[place], local, out=spare)
            local, spare = spare, local
        before = torch.stack(list(_carry(self.decay_KBND, local, start_BND)))
        states[0].addcmul_(decay[0], before[:-1])
        for place in range(1, len(states)):
            states[place].addcmul_(decay[place], states[place - 1])
        return before

    def scan_back(self, gradients_TKBND: Tensor, end_BND: Tensor) -> Tensor:
        """Replace what outputs ask of states by the whole gradient of states; gives that of the state before all."""
        decay, gradients = self.decay_TKBND, gradients_TKBND
        local, spare = gradients[-1].clone(), torch.empty_like(gradients[0])
        for place in reversed(range(len(gradients) - 1)):
            torch.addcmul(gradients[place], decay[place + 1], local, out=spare)
            local, spare = spare, local
        carried = torch.stack(list(_carry(self.decay_KBND.flip(0), (decay[0] * local).flip(0), end_BND)))
        gradients[-1] += carried[:-1].flip(0)
        for place in reversed(range(len(gradients) - 1)):
            gradients[place].addcmul_(decay[place + 1], gradients[place + 1])
        return carried[-1]


def _carry(decay_KBND: Tensor, added_KBND: Tensor, start_BND: Tensor) -> Iterator[Tensor]:
    state = start_BND
    yield state
    for decay, added in zip(decay_KBND, added_KBND):
        state = torch.addcmul(added, decay, state)
        yield state


class _Scan(Function):
    """The scan with a backward pass of its own, for that of autograd would keep every state."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, u_BDL: Tensor, delta_BDL: Tensor, A_DN: Tensor, B_BNL: Tensor, C_BNL: Tensor, chunk: int
    ) -> Tensor:
        y_BDL, starts = torch.empty_like(u_BDL), []
        state_BND = u_BDL.new_zeros(len(u_BDL), *A_DN.mT.shape)
        for at in _chunks(u_BDL.shape[-1], chunk):
            starts.append(state_BND)
            blocks = _Blocks(delta_BDL, A_DN, at)
            du_TKBD, B_TKBN, C_TKBN = blocks.delta_TKBD * blocks.cut(u_BDL), blocks.cut(B_BNL), blocks.cut(C_BNL)
            states_TKBND = du_TKBD[..., None, :] * B_TKBN[..., None]
            state_BND = blocks.scan(states_TKBND, state_BND)[-1]
            blocks.join((C_TKBN[..., None, :] @ states_TKBND).squeeze(-2), y_BDL)
        ctx.save_for_backward(u_BDL, delta_BDL, A_DN, B_BNL, C_BNL, *starts)
        ctx.chunk = chunk  # type: ignore[attr-defined]
        return y_BDL

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient_BDL: Tensor) -> tuple[Tensor | None, ...]:
        u_BDL, delta_BDL, A_DN, B_BNL, C_BNL, *starts = ctx.saved_tensors  # type: ignore[attr-defined]
        of_u, of_delta, of_B, of_C = (torch.empty_like(whole) for whole in (u_BDL, delta_BDL, B_BNL, C_BNL))
        of_A_ND, of_state_BND = torch.zeros_like(A_DN.mT), torch.zeros_like(starts[0])
        for at, start_BND in reversed(list(zip(_chunks(u_BDL.shape[-1], ctx.chunk), starts))):  # type: ignore[attr-defined]
            blocks = _Blocks(delta_BDL, A_DN, at)
            u_TKBD, B_TKBN, C_TKBN, dy_TKBD = (blocks.cut(whole) for whole in (u_BDL, B_BNL, C_BNL, gradient_BDL))
            du_TKBD = blocks.delta_TKBD * u_TKBD
            states = du_TKBD[..., None, :] * B_TKBN[..., None]
            before_KBND = blocks.scan(states, start_BND)[:-1]
            blocks.join((states @ dy_TKBD[..., None]).squeeze(-1), of_C)
            of_states = dy_TKBD[..., None, :] * C_TKBN[..., None]
            of_state_BND = blocks.scan_back(of_states, of_state_BND)
            blocks.join((of_states @ du_TKBD[..., None]).squeeze(-1), of_B)
            of_du = (B_TKBN[..., None, :] @ of_states).squeeze(-2)
            # From here on the gradient is that of delta A: through the decay of the state before.
            of_states *= blocks.decay_TKBND
            of_states[0] *= before_KBND
            of_states[1:] *= states[:-1]
            of_A_ND += (of_states * blocks.delta_TKBD[..., None, :]).sum((0, 1, 2))
            blocks.join(of_du * blocks.delta_TKBD, of_u)
            blocks.join(of_du * u_TKBD + (of_states * blocks.A_ND).sum(-2), of_delta)
        return of_u, of_delta, of_A_ND.mT, of_B, of_C, None


def _chunks(length: int, chunk: int) -> list[slice]:
    return [slice(start, min(start + chunk, length)) for start in range(0, length, chunk)]
