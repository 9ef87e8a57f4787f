"""Vitals and notes at irregular times, each brought to times of reference, then read beside one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.time_attention import TimeAttention, TimeEmbedding

SeriesWay = Literal["imputation", "interpolation", "gated"]
Modality = Literal["series", "notes"]
Fusion = Literal["interleaved", "late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IrregularSize:
    """How large the network is.

    Attributes:
        variables: of the series.
        vector: numbers of a note.
        references: T, times of reference, evenly spaced up to the end of the stay.
        width: of a state.
        depth, heads: layers, and heads of each attention.
        time: width of embedded times.
        dropout: share of numbers put to zero in training.
    """

    variables: int
    vector: int
    references: int
    width: int
    depth: int
    heads: int
    time: int
    dropout: float


@dataclass(frozen=True, slots=True)
class SeriesBatch:
    """Measurements of B stays, at the L moments of each at which there was any, filled up behind.

    Attributes:
        moments_BL: as a share of the stay, from 0 to 1.
        values_BLV: of V variables, standardised; 0 where not measured.
        measured_BLV: whether it was.
        imputed_BTF: for each time of reference the imputed value of every variable, then whether it was measured since the last.
    """

    moments_BL: Tensor
    values_BLV: Tensor
    measured_BLV: Tensor
    imputed_BTF: Tensor


@dataclass(frozen=True, slots=True)
class NotesBatch:
    """Notes of B stays, N of each, filled up behind.

    Attributes:
        written_BN: when, as a share of the stay, from 0 to 1.
        vectors_BND: what they say.
        there_BN: whether there is one.
    """

    written_BN: Tensor
    vectors_BND: Tensor
    there_BN: Tensor


_KERNEL = 3
"""Times of reference that the convolution of imputed values sees at once."""


class SeriesEmbedding(nn.Module):
    """Measurements at times of reference: imputed, interpolated, or what a gate takes of both, number by number.

    Imputed values go through a causal convolution. Interpolation is ``TimeAttention`` over values and marks of what was measured.
    The gate sees both embeddings and gives the share of the interpolated one, for each stay, time and number (the finest of the
    paper's three).
    """

    def __init__(self, way: SeriesWay, size: IrregularSize) -> None:
        super().__init__()
        self.way = way
        features, width = 2 * size.variables, size.width
        if way != "interpolation":
            self.imputed = nn.Conv1d(features, width, _KERNEL)
        if way != "imputation":
            self.interpolated = TimeAttention(features, width, time=size.time, heads=size.heads)
        if way == "gated":
            self.gate = nn.Sequential(
                nn.Dropout(size.dropout), nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, width), nn.Sigmoid()
            )

    def forward(self, batch: SeriesBatch, references_TE: Tensor, moments_BLE: Tensor) -> Tensor:
        """B × T × width."""
        match self.way:
            case "imputation":
                return self.imputation(batch)
            case "interpolation":
                return self.interpolation(batch, references_TE, moments_BLE)
            case "gated":
                one, other = self.interpolation(batch, references_TE, moments_BLE), self.imputation(batch)
                share: Tensor = self.gate(torch.cat([one, other], -1))
                return share * one + (1 - share) * other

    def imputation(self, batch: SeriesBatch) -> Tensor:
        """Each time of reference sees itself and those just before it."""
        before = functional.pad(batch.imputed_BTF.transpose(1, 2), (_KERNEL - 1, 0))
        found: Tensor = self.imputed(before).transpose(1, 2)
        return found

    def interpolation(self, batch: SeriesBatch, references_TE: Tensor, moments_BLE: Tensor) -> Tensor:
        """Means by time attention."""
        marks_BLV = batch.measured_BLV.to(batch.values_BLV.dtype)
        values, seen = torch.cat([batch.values_BLV, marks_BLV], -1), torch.cat([batch.measured_BLV] * 2, -1)
        found: Tensor = self.interpolated(references_TE, moments_BLE, values, seen)
        return found


class FusionLayer(nn.Module):
    """Self-attention of each modality over time, then of each over the other where they cross, then a network of each."""

    def __init__(self, modalities: int, size: IrregularSize, *, crosses: bool) -> None:
        super().__init__()
        width = size.width

        def attention() -> nn.Module:
            return nn.MultiheadAttention(width, size.heads, batch_first=True)

        def norms() -> nn.ModuleList:
            return nn.ModuleList(nn.LayerNorm(width) for _ in range(modalities))

        self.before_own, self.own = norms(), nn.ModuleList(attention() for _ in range(modalities))
        self.crosses = crosses
        if crosses:
            self.before_other, self.other = norms(), nn.ModuleList(attention() for _ in range(modalities))
        self.before_inner = norms()
        self.inner = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width)) for _ in range(modalities)
        )
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, states: Sequence[Tensor]) -> list[Tensor]:
        """Of each modality B × T × width."""
        seen = _normed(self.before_own, states)
        states = self._added(states, [layer(one, one, one, need_weights=False)[0] for layer, one in zip(self.own, seen)])
        if self.crosses:
            one, two = _normed(self.before_other, states)
            heard = [
                layer(query, other, other, need_weights=False)[0]
                for layer, query, other in zip(self.other, (one, two), (two, one), strict=True)
            ]
            states = self._added(states, heard)
        seen = _normed(self.before_inner, states)
        return self._added(states, [layer(one) for layer, one in zip(self.inner, seen, strict=True)])

    def _added(self, states: Sequence[Tensor], changes: Sequence[Tensor]) -> list[Tensor]:
        return [state + self.dropout(change) for state, change in zip(states, changes, strict=True)]


def _normed(norms: nn.ModuleList, states: Sequence[Tensor]) -> list[Tensor]:
    return [norm(state) for norm, state in zip(norms, states, strict=True)]


class IrregularMultimodal(nn.Module):
    """One logit a stay (Zhang et al. 2023).

    Series and notes are embedded at the same times of reference, with one embedding of time; layers attend over these times. The
    states at the last of them, side by side, go through a residual network. With late fusion the modalities meet there and not
    before.

    Args:
        modalities: which are read.
        way: how the series is embedded.
        fusion: interleaved attention, or late; of one modality the same.
        size: of everything.
    """

    def __init__(self, modalities: Sequence[Modality], way: SeriesWay, fusion: Fusion, size: IrregularSize) -> None:
        super().__init__()
        self.modalities, width, count = tuple(modalities), size.width, len(modalities)
        self.time = TimeEmbedding(size.time)
        if "series" in modalities:
            self.series = SeriesEmbedding(way, size)
        if "notes" in modalities:
            self.notes = TimeAttention(size.vector, width, time=size.time, heads=size.heads)
        self.places = nn.Parameter(0.02 * torch.randn(size.references, width))
        self.dropout = nn.Dropout(size.dropout)
        crosses = fusion == "interleaved" and count > 1
        self.layers = nn.ModuleList(FusionLayer(count, size, crosses=crosses) for _ in range(size.depth))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in modalities)
        self.inner = nn.Sequential(
            nn.Linear(count * width, count * width), nn.ReLU(), nn.Dropout(size.dropout), nn.Linear(count * width, count * width)
        )
        self.out = nn.Linear(count * width, 1)

    def forward(self, series: SeriesBatch | None, notes: NotesBatch | None) -> Tensor:
        """Logits of B stays; a modality that is not read may be None."""
        states = [self.dropout(state + self.places) for state in self.embedded(series, notes)]
        for layer in self.layers:
            states = layer(states)
        last = torch.cat([state[:, -1] for state in _normed(self.norms, states)], -1)
        logits: Tensor = self.out(last + self.inner(last)).squeeze(-1)
        return logits

    def embedded(self, series: SeriesBatch | None, notes: NotesBatch | None) -> list[Tensor]:
        """Each modality that is read at the times of reference, B × T × width."""
        references = len(self.places)
        times_TE = self.time(torch.arange(1, references + 1, device=self.places.device) / references)
        found = []
        if "series" in self.modalities and series is not None:
            found.append(self.series(series, times_TE, self.time(series.moments_BL)))
        if "notes" in self.modalities and notes is not None:
            there_BN1 = notes.there_BN.unsqueeze(-1)
            found.append(self.notes(times_TE, self.time(notes.written_BN), notes.vectors_BND, there_BN1))
        return found
