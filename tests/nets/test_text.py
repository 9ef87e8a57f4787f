import math

import pytest
import torch

from vesalius.nets.text import MaxOutReader, PairReader, SentenceEncoder, TransformerSize, multiple_negatives_loss

SIZE = TransformerSize(width=16, depth=1, heads=2, positions=12)


def made(make):
    torch.manual_seed(0)
    return make().eval()


def test_a_sentence_is_a_unit_vector_whatever_fills_it_up():
    network = made(lambda: SentenceEncoder(30, SIZE))
    alone, beside = network(torch.tensor([[2, 7, 3]])), network(torch.tensor([[2, 7, 3, 0, 0], [2, 9, 9, 9, 3]]))
    assert torch.allclose(alone[0], beside[0], atol=1e-6)
    assert torch.allclose(beside.norm(dim=1), torch.ones(2))


def test_a_sentence_vector_is_the_mean_of_the_last_layer():
    network = made(lambda: SentenceEncoder(30, SIZE))
    ids = torch.tensor([[2, 7, 8, 3]])
    mean = network.transformer(input_ids=ids).last_hidden_state[0].mean(0)
    assert torch.allclose(network(ids)[0], mean / mean.norm(), atol=1e-6)


def test_multiple_negatives_is_the_cross_entropy_worked_by_hand():
    questions = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    passages = torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    first = -math.log(math.exp(2 * 0.6) / (math.exp(2 * 0.6) + math.exp(0)))
    second = -math.log(math.exp(2 * 1) / (math.exp(2 * 0.8) + math.exp(2 * 1)))
    assert float(multiple_negatives_loss(questions, passages, scale=2.0)) == pytest.approx((first + second) / 2)


def test_the_other_passages_of_a_batch_push_a_question_away():
    question = torch.tensor([[1.0, 0.0], [0.0, 1.0]], requires_grad=True)
    passages = torch.tensor([[1.0, 0.0], [0.8, 0.6]], requires_grad=True)
    multiple_negatives_loss(question, passages).backward()
    assert passages.grad[1, 0] > 0 > passages.grad[0, 0]
    alone = torch.tensor([[1.0, 0.0]], requires_grad=True)
    multiple_negatives_loss(alone, alone).backward()
    assert not alone.grad.any()


def test_max_out_takes_the_largest_state_and_reads_both_ways():
    network = made(lambda: MaxOutReader(30, 8))
    ids = torch.tensor([[2, 7, 8, 9, 3]])
    states = network.gru(network.embedding(ids))[0][0]
    assert states.shape == (5, 16)
    assert torch.allclose(network.maximum(ids)[0], states.amax(0), atol=1e-6)


def test_max_out_does_not_look_at_what_fills_up():
    network = made(lambda: MaxOutReader(30, 8))
    short, long = torch.tensor([[2, 7, 3, 0, 0]]), torch.tensor([[2, 7, 3]])
    assert torch.allclose(network.maximum(short), network.maximum(long), atol=1e-6)
    both = network(torch.tensor([[2, 7, 3, 0], [2, 8, 8, 3]]), torch.tensor([[2, 4, 3], [2, 3, 0]]))
    assert both.shape == (2,) and torch.allclose(both[0], network(long, torch.tensor([[2, 4, 3]]))[0], atol=1e-6)


@pytest.mark.parametrize("make", [lambda: MaxOutReader(30, 8), lambda: PairReader(30, SIZE)])
def test_a_reader_sees_its_context_and_what_is_asked(make):
    network = made(make)
    one, other = torch.tensor([[2, 7, 3]]), torch.tensor([[2, 9, 3]])
    if isinstance(network, PairReader):
        types = torch.tensor([[0, 0, 0, 1, 1]])
        join = lambda context, asked: network(torch.cat([context, asked[:, 1:]], 1), types)  # noqa: E731
        assert not torch.allclose(
            network(torch.tensor([[2, 7, 3, 9, 3]]), types), network(torch.tensor([[2, 7, 3, 9, 3]]), 0 * types)
        )
    else:
        join = network
    scores = [join(one, one), join(other, one), join(one, other)]
    assert len({round(float(score), 6) for score in scores}) == 3
