"""AlphaMed: medical reasoning from reinforcement with a rule alone, and which training questions bring it about.

Mechanism (`learners/language_model/policy`): group-relative policy optimisation on multiple-choice questions with known answers.
The model writes several answers to a question; each gets 1 if its option is the right one and 0 if not, and is compared with the
others of its group. There is no reward for form, no chain of thought to imitate, no supervised stage and no value model. The
training questions are chosen by difficulty: the untrained model answers each five times, and easy, medium and hard ones (at least
four right, two or three, at most one) are taken in equal parts.

The analysis of the paper as arms of the same updates: easy questions only, hard ones only, a quarter of the questions (quantity),
questions of one level only (diversity). Compared with supervised fine-tuning on the answers and on full chains of the same
questions, with as many updates of as many texts, and with the untrained model. The chains are the clinic's own, where the paper's
rivals have chains distilled from larger models, and then reinforcement too. Tested in distribution and in words that training did
not have. The paper's full text was not at hand: its sizes are a reading of the abstract.

Liu, Wang, Pan, Wan, Dai, Lin, Bai, Rueckert, Arcucci: Beyond Distillation: Pushing the Limits of Medical LLM Reasoning with
Minimalist Rule-Based RL. 2025, arXiv 2505.17952.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from vesalius.language.choices import Protocol
from vesalius.language.models import model_of
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.simulators.mini_clinic.exams import Part
from vesalius.systems.language.policy_arms import Budget, supervised, tuned, untrained
from vesalius.systems.language.policy_tasks import LEVELS, clinic
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

if TYPE_CHECKING:
    from vesalius.learners.language_model.policy.difficulty import Band
    from vesalius.learners.language_model.policy.tuning import Choose

PARTS: Mapping[Size, tuple[Part, ...]] = {
    "smoke": ("known",),
    "default": ("known", "new form"),
    "paper": ("known", "new form", "new diseases"),
}

BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        train=3, test=6, steps=1, prompts=2, samples=2, updates_a_step=1, max_tokens=12,
        learning_rate=1e-4, penalty=0.02, supervised_rate=1e-4,
    ),
    "default": Budget(
        train=120, test=300, steps=24, prompts=4, samples=8, updates_a_step=1, max_tokens=80,
        learning_rate=3e-5, penalty=0.02, supervised_rate=3e-5,
    ),
    "paper": Budget(
        train=50_000, test=1200, steps=300, prompts=512, samples=8, updates_a_step=4, max_tokens=1024,
        learning_rate=1e-6, penalty=0.001, supervised_rate=5e-6,
    ),
}  # fmt: skip
"""Rates of the default size are the best by accuracy on 300 questions of another seed (``Practised.seed`` 1), one training each:
of 1e-5, 3e-5 and 1e-4 for practice, of 3e-5, 1e-4, 3e-4 and 1e-3 for fine-tuning, whose two forms agree. Tokens are those of the
clinic's models; where words are cut into pieces, a written-out chain is longer and is cut."""

TESTS = 5
"""Answers of the untrained model, by which a question's difficulty is told."""

CHOSEN = 1 / 3
"""Share of the questions that is practised on."""

ALL_BANDS: tuple["Band", ...] = ("easy", "medium", "hard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Which of the training questions an arm practises on.

    Attributes:
        bands: of difficulty, in equal parts.
        share: of what ``CHOSEN`` allows.
        level: the only one, or all.
    """

    bands: tuple["Band", ...] = ALL_BANDS
    share: float = 1.0
    level: str | None = None

    def choose(self, budget: Budget) -> "Choose":
        """As tuning takes it."""
        from vesalius.learners.language_model.policy.difficulty import OfDifficulty

        count = max(1, round(self.share * CHOSEN * budget.train))
        chosen = OfDifficulty(bands=self.bands, count=count, samples=TESTS, max_tokens=budget.max_tokens)
        return partial(_of_level, self.level, chosen)


def _of_level(level: str | None, choose: "Choose", network: Any, tokenizer: Any, records: Sequence[Record], seed: int) -> Any:
    return choose(network, tokenizer, [record for record in records if level in (None, record.tags["level"])], seed)


PROPOSED = "alphamed"
ANALYSED: Mapping[str, Questions] = {
    "easy questions": Questions(bands=("easy",)),
    "hard questions": Questions(bands=("hard",)),
    "a quarter of the questions": Questions(share=0.25),
    **{f"{level} only": Questions(level=level) for level in (LEVELS[0], LEVELS[-1])},
}
"""Difficulty, quantity and diversity, as the paper varies them; the proposal has all bands, all questions, all levels."""


def _clinic(size: Size) -> list[Task]:
    return clinic(PARTS[size], train=BUDGETS[size].train, test=BUDGETS[size].test)


def _reinforced(model: str, budget: Budget, questions: Questions, seed: int) -> Learner:
    from vesalius.learners.language_model.policy.methods import GroupRelative
    from vesalius.learners.language_model.policy.rewards import right_option
    from vesalius.learners.language_model.policy.tuning import Reinforced

    tune = Reinforced(method=GroupRelative, rule=right_option, practice=budget.practice, choose=questions.choose(budget))
    return tuned(model, tune, budget, seed)


def _supervised(protocol: Protocol, model: str, budget: Budget, seed: int) -> Learner:
    return supervised(model, budget, seed, protocol=protocol, choose=Questions().choose(budget))


def _learners(task: Task, size: Size) -> Arms:
    """The analysis stands beside the test in distribution; out of it, the proposal alone."""
    arms = {PROPOSED: Questions(), **(ANALYSED if task.tags["part"] == "known" and size != "smoke" else {})}
    return {name: partial(_reinforced, model_of(task), BUDGETS[size], questions) for name, questions in arms.items()}


def _baselines(task: Task, size: Size) -> Arms:
    ways: dict[str, Callable[[str, Budget, int], Learner]] = {
        "sft on answers": partial(_supervised, "generation"),
        "sft on chains": partial(_supervised, "chain of thought"),
        "untrained": untrained,
    }
    return {name: partial(way, model_of(task), BUDGETS[size]) for name, way in ways.items()}


SYSTEM = System(
    id="alphamed",
    number=181,
    area="language",
    kind="model",
    claim=Claim(
        "Reinforcement with a rule alone, without chains of thought to learn from, gives state-of-the-art results on six medical "
        "benchmarks, ahead of supervised fine-tuning with and without reinforcement; informative questions bring it about.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
    takes_model="trained",
)
