"""The formulas of policy optimisation, on samples × tokens (BT); the mask says which tokens were made."""

import torch
from torch import Tensor


def group_advantages(rewards_PG: Tensor, floor: float = 1e-4) -> Tensor:
    """How much better each sample did than the others of its prompt: (r - mean) / (std + floor), of each row.

    Shao et al. 2024 (DeepSeekMath, GRPO); the deviation divides by one less than the samples. A prompt whose samples all got the
    same says nothing.

    >>> group_advantages(torch.tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]]))
    tensor([[ 0.8659, -0.8659, -0.8659,  0.8659],
            [ 0.0000,  0.0000,  0.0000,  0.0000]])
    """
    centred_PG = rewards_PG - rewards_PG.mean(dim=1, keepdim=True)
    return centred_PG / (rewards_PG.std(dim=1, keepdim=True) + floor)


def generalised_advantages(
    rewards_BT: Tensor, values_BT: Tensor, made_BT: Tensor, *, discount: float = 1.0, decay: float = 0.95
) -> Tensor:
    """Generalised advantage estimation (Schulman et al. 2016).

    A_t = Σ_k (γλ)^k δ_{t+k} with δ_t = r_t + γ V_{t+1} - V_t; behind the last token that was made the value is 0.

    Args:
        rewards_BT: of each token.
        values_BT: of the state before each token.
        made_BT: which tokens were made.
        discount: γ.
        decay: λ; 1 compares the return with the value, 0 looks one token ahead.

    >>> rewards, values = torch.tensor([[0.0, 1.0, 9.0]]), torch.tensor([[0.5, 0.2, 9.0]])
    >>> made = torch.tensor([[True, True, False]])
    >>> generalised_advantages(rewards, values, made, discount=1.0, decay=0.5)
    tensor([[0.1000, 0.8000, 0.0000]])
    """
    values_BT, rewards_BT = values_BT * made_BT, rewards_BT * made_BT
    advantages_BT = torch.zeros_like(values_BT)
    ahead_B = following_B = torch.zeros_like(values_BT[:, 0])
    for step in reversed(range(values_BT.shape[1])):
        surprise_B = rewards_BT[:, step] + discount * following_B - values_BT[:, step]
        ahead_B = (surprise_B + discount * decay * ahead_B) * made_BT[:, step]
        following_B = values_BT[:, step]
        advantages_BT[:, step] = ahead_B
    return advantages_BT


def whitened(values_BT: Tensor, made_BT: Tensor, floor: float = 1e-4) -> Tensor:
    """Mean 0 and standard deviation 1 over all tokens that were made; 0 elsewhere.

    The floor is added to the deviation, so that rounding alone is not blown up.

    >>> whitened(torch.tensor([[1.0, 3.0, 9.0]]), torch.tensor([[True, True, False]]))
    tensor([[-0.9999,  0.9999,  0.0000]])
    """
    found = values_BT[made_BT]
    return (values_BT - found.mean()) / (found.std(correction=0) + floor) * made_BT


def clipped_objective(new_BT: Tensor, old_BT: Tensor, advantages_BT: Tensor, *, clip: float) -> Tensor:
    """What is to be minimised of each token: -min(ρA, clip(ρ, 1-ε, 1+ε)A) with ρ = exp(log π - log π_old).

    Schulman et al. 2017 (PPO, equation 7): a token that has become likelier by more than ε gains no more from it.

    Args:
        new_BT: log-probabilities under the policy.
        old_BT: under the policy that made them.
        advantages_BT: of the tokens.
        clip: ε.

    >>> new, old = torch.log(torch.tensor([[0.6, 0.6, 0.1]])), torch.log(torch.tensor([[0.4, 0.4, 0.2]]))
    >>> clipped_objective(new, old, torch.tensor([[1.0, -1.0, -1.0]]), clip=0.2)
    tensor([[-1.2000,  1.5000,  0.8000]])
    """
    ratio_BT = torch.exp(new_BT - old_BT)
    bounded_BT = ratio_BT.clamp(1 - clip, 1 + clip)
    return -torch.minimum(ratio_BT * advantages_BT, bounded_BT * advantages_BT)


def clipped_value_error(values_BT: Tensor, old_BT: Tensor, returns_BT: Tensor, *, clip: float) -> Tensor:
    """Half the squared error of each value, or of the value held within ε of the old one, whichever is larger.

    As the implementation of Schulman et al. 2017 has it.

    >>> clipped_value_error(torch.tensor([[1.0]]), torch.tensor([[0.0]]), torch.tensor([[1.0]]), clip=0.2)
    tensor([[0.3200]])
    """
    held_BT = old_BT + (values_BT - old_BT).clamp(-clip, clip)
    return torch.maximum((values_BT - returns_BT) ** 2, (held_BT - returns_BT) ** 2) / 2


def divergence(new_BT: Tensor, reference_BT: Tensor) -> Tensor:
    """An estimate of each token's KL(π ‖ π_ref), never negative: exp(d) - d - 1 with d = log π_ref - log π.

    Schulman 2020 (the estimator k3); its expectation under π is the divergence.

    >>> divergence(torch.log(torch.tensor([0.5])), torch.log(torch.tensor([0.25])))
    tensor([0.1931])
    """
    apart_BT = reference_BT - new_BT
    return torch.exp(apart_BT) - apart_BT - 1


def penalised_rewards(scores_B: Tensor, old_BT: Tensor, reference_BT: Tensor, made_BT: Tensor, *, penalty: float) -> Tensor:
    """The reward of each token: -β (log π - log π_ref), and the sample's score at its last token.

    Ouyang et al. 2022 (InstructGPT, equation 2).

    >>> old, reference = torch.tensor([[-1.0, -1.0, 0.0]]), torch.tensor([[-2.0, -1.0, 0.0]])
    >>> penalised_rewards(torch.tensor([1.0]), old, reference, torch.tensor([[True, True, False]]), penalty=0.1)
    tensor([[-0.1000,  1.0000, -0.0000]])
    """
    rewards_BT = -penalty * (old_BT - reference_BT) * made_BT
    last_B1 = made_BT.sum(dim=1, keepdim=True) - 1
    return rewards_BT.scatter_add(1, last_B1, scores_B[:, None].to(rewards_BT))
