"""Two ways in which a policy learns from judged samples."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vesalius.learners.language_model.networks import plain_network
from vesalius.learners.language_model.policy.objectives import (
    clipped_objective,
    clipped_value_error,
    divergence,
    generalised_advantages,
    group_advantages,
    penalised_rewards,
    whitened,
)
from vesalius.learners.language_model.policy.optimisation import Batch, Practice
from vesalius.learners.language_model.policy.rollouts import judged


@dataclass(frozen=True, slots=True)
class GroupRelative:
    """Group-relative policy optimisation (Shao et al. 2024): a sample is compared with the others of its prompt.

    The loss is the clipped objective and the penalised divergence, the mean over a sample's tokens, then over samples.
    """

    def begin(self, network: nn.Module) -> None:
        """Nothing is trained beside the policy."""

    def losses(self, network: nn.Module, batch: Batch, practice: Practice) -> Callable[[], Tensor]:
        """Of one batch."""
        rollouts = batch.rollouts
        advantages_B1 = group_advantages(batch.scores_B.reshape(-1, practice.samples)).reshape(-1, 1)
        share_BT = rollouts.made_BT / rollouts.lengths_B[:, None] / len(rollouts.made_BT)

        def loss() -> Tensor:
            new_BT = judged(network, rollouts).log_probabilities_BT
            gain_BT = clipped_objective(new_BT, rollouts.log_probabilities_BT, advantages_B1, clip=practice.clip)
            return ((gain_BT + practice.penalty * divergence(new_BT, batch.reference_BT)) * share_BT).sum()

        return loss


@dataclass(slots=True)
class Proximal:
    """Proximal policy optimisation (Schulman et al. 2017) with a value head on the policy's last states.

    The divergence from the first model is taken off the reward of each token, advantages are those of generalised estimation, and
    the loss is the clipped objective and the clipped error of the values, the mean over all tokens.

    Attributes:
        decay: λ of the estimation.
        value_weight: of the values' error.
        value_clip: ε of the values.
    """

    decay: float = 0.95
    value_weight: float = 0.1
    value_clip: float = 0.2
    _head: nn.Module = field(default_factory=nn.Identity)

    def begin(self, network: nn.Module) -> nn.Module:
        """The value head, which says 0 of every state at first."""
        head = nn.Linear(int(plain_network(network).config.hidden_size), 1, device=next(network.parameters()).device)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        self._head = head
        return head

    def losses(self, network: nn.Module, batch: Batch, practice: Practice) -> Callable[[], Tensor]:
        """Of one batch."""
        rollouts, made_BT = batch.rollouts, batch.rollouts.made_BT
        with torch.no_grad():
            values_BT = self._values(network, batch)[1]
        old_BT = rollouts.log_probabilities_BT
        rewards_BT = penalised_rewards(batch.scores_B, old_BT, batch.reference_BT, made_BT, penalty=practice.penalty)
        advantages_BT = generalised_advantages(rewards_BT, values_BT, made_BT, decay=self.decay)
        returns_BT, advantages_BT = advantages_BT + values_BT, whitened(advantages_BT, made_BT)

        def loss() -> Tensor:
            new_BT, estimates_BT = self._values(network, batch)
            gain_BT = clipped_objective(new_BT, old_BT, advantages_BT, clip=practice.clip)
            error_BT = clipped_value_error(estimates_BT, values_BT, returns_BT, clip=self.value_clip)
            return (gain_BT + self.value_weight * error_BT)[made_BT].mean()

        return loss

    def _values(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Log-probabilities of the tokens, and the value of the state before each."""
        found = judged(network, batch.rollouts, states=True)
        assert found.states_BTD is not None
        return found.log_probabilities_BT, self._head(found.states_BTD.float())[..., 0] * batch.rollouts.made_BT
