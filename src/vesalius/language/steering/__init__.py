"""Better answers from a model as it is: votes, shuffled options, its own examples, budgets of thinking, verification."""

from vesalius.language.steering.asking import Ask
from vesalius.language.steering.budget import BudgetForcing
from vesalius.language.steering.own_steps import SelfTaught, self_taught
from vesalius.language.steering.strategy import Strategy
from vesalius.language.steering.verification import VerificationOfChoice
from vesalius.language.steering.votes import majority, voted

__all__ = [
    "Ask",
    "BudgetForcing",
    "SelfTaught",
    "Strategy",
    "VerificationOfChoice",
    "majority",
    "self_taught",
    "voted",
]
