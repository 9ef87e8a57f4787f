from dataclasses import replace

import pytest
import torch

from vesalius.nets.irregular import FusionLayer, IrregularMultimodal, IrregularSize, NotesBatch, SeriesBatch, SeriesEmbedding
from vesalius.nets.time_attention import TimeEmbedding

SIZE = IrregularSize(variables=2, vector=5, references=4, width=8, depth=2, heads=2, time=4, dropout=0.1)
BOTH = ("series", "notes")


def series():
    generator = torch.Generator().manual_seed(1)
    measured = torch.rand(3, 6, 2, generator=generator) < 0.8
    return SeriesBatch(
        moments_BL=torch.rand(3, 6, generator=generator).sort(dim=1).values,
        values_BLV=torch.randn(3, 6, 2, generator=generator) * measured,
        measured_BLV=measured,
        imputed_BTF=torch.randn(3, 4, 4, generator=generator),
    )


def notes():
    generator = torch.Generator().manual_seed(2)
    written = torch.rand(3, 3, generator=generator).sort(dim=1).values
    return NotesBatch(written, torch.randn(3, 3, 5, generator=generator), torch.ones(3, 3, dtype=torch.bool))


def embedding(way):
    torch.manual_seed(0)
    made, time = SeriesEmbedding(way, SIZE).eval(), TimeEmbedding(SIZE.time)

    def embed(batch, part=made):
        return part(batch, time(torch.linspace(0.25, 1, 4)), time(batch.moments_BL))

    return made, embed


def network(modalities=BOTH, way="gated", fusion="interleaved", size=SIZE):
    torch.manual_seed(0)
    return IrregularMultimodal(modalities, way, fusion, size).eval()


def apart(one, other):
    return not torch.allclose(one, other, atol=1e-4)


@pytest.mark.parametrize(("bias", "part"), [(60.0, "interpolation"), (-60.0, "imputation")])
def test_a_gate_at_its_end_is_one_of_its_parts(bias, part):
    made, embed = embedding("gated")
    made.gate[3].weight.data.zero_()
    made.gate[3].bias.data.fill_(bias)
    parts = {"interpolation": embed(series(), made.interpolation), "imputation": made.imputation(series())}
    assert torch.allclose(embed(series()), parts[part], atol=1e-6) and apart(*parts.values())


def test_a_gate_takes_its_own_share_for_each_stay_time_and_number():
    made, embed = embedding("gated")
    one, other = embed(series(), made.interpolation), made.imputation(series())
    share = (embed(series()) - other) / (one - other)
    assert share.min() > 0 and share.max() < 1
    assert all(share.std(dim=axis).min() > 1e-3 for axis in range(3))


def test_each_way_reads_what_it_is_named_after():
    moved, imputed = (
        replace(series(), moments_BL=series().moments_BL / 2),
        replace(series(), imputed_BTF=series().imputed_BTF + 1),
    )
    reads = {}
    for way in ("imputation", "interpolation", "gated"):
        _, embed = embedding(way)
        reads[way] = apart(embed(series()), embed(moved)), apart(embed(series()), embed(imputed))
    assert reads == {"imputation": (False, True), "interpolation": (True, False), "gated": (True, True)}


def test_imputed_values_are_seen_at_their_time_and_after_it():
    made, _ = embedding("imputation")
    changed = series().imputed_BTF.clone()
    changed[:, 2] += 1
    one, other = made.imputation(series()), made.imputation(replace(series(), imputed_BTF=changed))
    assert torch.equal(one[:, :2], other[:, :2]) and apart(one[:, 2], other[:, 2]) and apart(one[:, 3], other[:, 3])


def states():
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(2, 4, SIZE.width, generator=generator) for _ in BOTH]


def layer(crosses):
    torch.manual_seed(0)
    return FusionLayer(2, SIZE, crosses=crosses).eval()


@pytest.mark.parametrize("changed", [0, 1])
def test_a_layer_that_crosses_carries_to_each_modality_what_the_other_was_at_any_time(changed):
    moved = states()
    moved[changed][:, 0] += torch.randn(SIZE.width, generator=torch.Generator().manual_seed(4))
    one, other = layer(True)(states()), layer(True)(moved)
    assert apart(one[1 - changed][:, -1], other[1 - changed][:, -1])
    one, other = layer(False)(states()), layer(False)(moved)
    assert torch.equal(one[1 - changed], other[1 - changed])


@pytest.mark.parametrize("crosses", [True, False])
def test_a_layer_carries_what_a_modality_was_to_its_other_times(crosses):
    made = layer(crosses)
    for part in made.other if crosses else []:
        part.out_proj.weight.data.zero_()
    moved = states()
    moved[0][:, 0] += torch.randn(SIZE.width, generator=torch.Generator().manual_seed(4))
    assert apart(made(states())[0][:, -1], made(moved)[0][:, -1])


@pytest.mark.parametrize("fusion", ["interleaved", "late"])
def test_the_answer_follows_from_both_modalities_and_when_each_came(fusion):
    made = network(fusion=fusion)
    said = made(series(), notes())
    for other_series, other_notes in (
        (replace(series(), values_BLV=series().values_BLV + 1), notes()),
        (replace(series(), moments_BL=series().moments_BL / 2), notes()),
        (series(), replace(notes(), vectors_BND=notes().vectors_BND + 1)),
        (series(), replace(notes(), written_BN=notes().written_BN / 4)),
    ):
        assert apart(said, made(other_series, other_notes))


def test_late_fusion_is_interleaved_fusion_without_its_crossing():
    made, late = network(), network(fusion="late")
    own = {name: value for name, value in made.state_dict().items() if ".other." not in name and ".before_other." not in name}
    late.load_state_dict(own)
    assert apart(made(series(), notes()), late(series(), notes()))
    for part in made.layers:
        for attention in part.other:
            attention.out_proj.weight.data.zero_()
            attention.out_proj.bias.data.zero_()
    assert torch.allclose(made(series(), notes()), late(series(), notes()), atol=1e-6)


@pytest.mark.parametrize(("modality", "given"), [("series", (series(), None)), ("notes", (None, notes()))])
def test_a_modality_alone_needs_and_reads_nothing_else(modality, given):
    made = network((modality,))
    assert torch.equal(made(*given), made(series(), notes()))


def test_padding_of_either_modality_is_no_matter():
    def longer(tensor):
        return torch.cat([tensor, torch.zeros_like(tensor[:, :2])], 1)

    one, other = series(), notes()
    filled = replace(
        one, moments_BL=longer(one.moments_BL), values_BLV=longer(one.values_BLV), measured_BLV=longer(one.measured_BLV)
    )
    more = NotesBatch(longer(other.written_BN), longer(other.vectors_BND) + 3, longer(other.there_BN))
    more.vectors_BND[:, :3] -= 3
    assert torch.allclose(network()(one, other), network()(filled, more), atol=1e-5)


def test_every_trained_number_has_a_part_in_the_answer():
    made = network()
    made(series(), notes()).sum().backward()
    # keys' biases shift all products of a query alike, which a softmax does not see
    silent = {name for name, value in made.named_parameters() if value.grad is None or not value.grad.any()}
    assert silent <= {name for name in silent if name.endswith("key.bias")}
