"""Values that were computed by hand."""

import math

import pytest
import torch

from vesalius.learners.language_model.policy.objectives import (
    clipped_objective,
    clipped_value_error,
    divergence,
    generalised_advantages,
    group_advantages,
    penalised_rewards,
    whitened,
)


def close(found, expected, within=1e-5):
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=within)


def test_group_advantages_are_each_prompts_own():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0]])
    # means 1/4, 1, 0; squared deviations add up to 3/4 and 4, divided by 3
    first, third = math.sqrt(0.25), math.sqrt(4 / 3)
    close(
        group_advantages(rewards, floor=0.0)[::2],
        [[0.75 / first, *[-0.25 / first] * 3], [-1 / third, 1 / third, -1 / third, 1 / third]],
    )
    close(group_advantages(rewards)[1], [0.0] * 4)


def test_generalised_advantages_of_three_tokens():
    rewards, values = torch.tensor([[0.1, -0.2, 1.0]]), torch.tensor([[0.5, 0.4, 0.3]])
    made = torch.ones(1, 3, dtype=torch.bool)
    # surprises with discount 0.9: 0.1 + 0.36 - 0.5, -0.2 + 0.27 - 0.4, 1.0 - 0.3
    surprises = (-0.04, -0.33, 0.7)
    second = surprises[1] + 0.72 * surprises[2]
    close(generalised_advantages(rewards, values, made, discount=0.9, decay=0.8), [[-0.04 + 0.72 * second, second, 0.7]])


@pytest.mark.parametrize(("decay", "expected"), [(0.0, [-0.1, 0.6]), (1.0, [0.5, 0.6])])
def test_the_decay_goes_from_one_token_ahead_to_the_whole_return(decay, expected):
    rewards, values = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.4]])
    close(generalised_advantages(rewards, values, torch.ones(1, 2, dtype=torch.bool), decay=decay), [expected])


def test_what_stands_in_the_padding_changes_no_advantage():
    made = torch.tensor([[True, True, False]])
    rewards, values = torch.tensor([[0.0, 1.0, 5.0]]), torch.tensor([[0.5, 0.4, 7.0]])
    padded = generalised_advantages(rewards, values, made)
    torch.testing.assert_close(padded[:, :2], generalised_advantages(rewards[:, :2], values[:, :2], made[:, :2]))
    assert padded[0, 2] == 0


def test_a_token_that_has_changed_enough_gains_no_more():
    old = torch.log(torch.full((1, 4), 0.2))
    new = torch.log(torch.tensor([[0.4, 0.1, 0.4, 0.1]])).requires_grad_()
    advantages = torch.tensor([[1.0, 1.0, -1.0, -1.0]])
    loss = clipped_objective(new, old, advantages, clip=0.2)
    close(loss, [[-1.2, -0.5, 2.0, 0.8]])
    loss.sum().backward()
    # likelier and better, or rarer and worse, is not pushed on; what went the wrong way is pulled back
    close(new.grad, [[0.0, -0.5, 2.0, 0.0]])


def test_the_error_of_a_value_is_clipped_around_the_old_one():
    values, returns = torch.tensor([[1.0, 0.1]]), torch.tensor([[1.0, 1.0]])
    close(clipped_value_error(values, torch.zeros(1, 2), returns, clip=0.2), [[0.5 * 0.8**2, 0.5 * 0.9**2]])


def test_the_estimate_of_the_divergence_is_right_on_average():
    policy, reference = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.2, 0.6])
    estimate = divergence(policy.log(), reference.log())
    assert bool((estimate >= 0).all())
    close((policy * estimate).sum(), float((policy * (policy / reference).log()).sum()))


def test_the_penalty_is_of_each_token_and_the_score_of_the_last():
    old, reference = torch.tensor([[-1.0, -2.0, 0.0], [-1.0, -1.0, -1.0]]), torch.tensor([[-1.5, -1.0, 0.0], [-1.0, -1.0, -3.0]])
    made = torch.tensor([[True, True, False], [True, True, True]])
    found = penalised_rewards(torch.tensor([1.0, -1.0]), old, reference, made, penalty=0.2)
    close(found, [[-0.1, 0.2 + 1.0, 0.0], [0.0, 0.0, -0.4 - 1.0]])


def test_whitening_looks_at_made_tokens_alone():
    found = whitened(torch.tensor([[1.0, 3.0, 100.0]]), torch.tensor([[True, True, False]]), floor=0.0)
    close(found, [[-1.0, 1.0, 0.0]])
