"""Questions in plain words, answered by passages in clinical terms: what the two have in common decides how far words lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations

import numpy as np

from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.records.places import place

_ASKED = {
    "cause": ("Why do I have {}?", "What brings on {}?", "What is behind my {}?"),
    "treatment": ("How do I get rid of {}?", "What helps against {}?", "What can I take for {}?"),
    "prevention": ("How can I avoid {}?", "How do I keep from getting {}?", "What keeps {} away?"),
    "outlook": ("Will {} go away?", "Can {} come back?", "How soon will I be over {}?"),
}
_ANSWERED = {
    "cause": "The aetiology of {} is multifactorial",
    "treatment": "The management of {} is symptomatic",
    "prevention": "Prophylaxis of {} rests on hygiene and counselling",
    "outlook": "The prognosis of {} is favourable",
}
_AROUND = (
    "Symptoms do vary, and you can ask a doctor.",
    "Patients should be followed for two weeks.",
    "How long it takes depends on age.",
    "Laboratory studies are rarely needed.",
    "What helps one may not help another.",
    "Referral is indicated in refractory cases.",
)
_LICENCE = "CC0"


@dataclass(frozen=True, slots=True)
class HealthQuestions:
    """Simulated pairs of a question and the passage that answers it.

    A question names two conditions and asks for their cause, treatment, prevention or outlook. No two pairs of a set share both
    conditions and what is asked, but many share two of the three; only the whole tells the right passage. Passages use the
    clinical term of a condition, and a question its plain one in a planted share of the cases, so that search by words finds
    nothing of it. A quarter of the pairs of conditions is asked about in test only; each condition also stands in training.

    Attributes:
        pairs: how many.
        gap: share of the conditions that a question calls by their plain name.
        seed: of everything random.
    """

    pairs: int = 1000
    gap: float = 0.5
    seed: int = 0

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return "health-questions"

    @property
    def tier(self) -> Tier:
        """Made here."""
        return "simulator"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"Simulated questions, {self.gap:.0%} of their conditions by a plain name, answered in clinical terms."

    def records(self) -> Sequence[Record]:
        """Records with ``question`` and ``answer``; the subject is the pair of conditions, which decides the split."""
        return _records(self)


@cache
def _records(source: HealthQuestions) -> tuple[Record, ...]:
    random = np.random.default_rng(source.seed)
    terms = _terms()
    asked = [(pair, intent) for pair in combinations(range(len(terms)), 2) for intent in _ASKED]
    chosen = random.permutation(len(asked))[: source.pairs]
    return tuple(_record(source, number, asked[index], random) for number, index in enumerate(chosen))


def _record(source: HealthQuestions, number: int, asked: tuple[tuple[int, int], str], random: np.random.Generator) -> Record:
    pair, intent = asked
    clinical = [_terms()[index][0] for index in pair]
    plain = [_terms()[index][int(random.random() < source.gap)] for index in random.permutation(pair)]
    question = str(random.choice(_ASKED[intent])).format(" and ".join(plain))
    before, behind = random.choice(_AROUND, 2, replace=False)
    subject = "+".join(clinical)
    at = place(f"health-questions {subject}")
    return Record(
        id=f"hq-{number:05d}",
        subject_id=subject,
        fields={
            "question": Text(question),
            "answer": Text(f"{before} {_ANSWERED[intent].format(' with '.join(clinical))}. {behind}"),
        },
        licence=_LICENCE,
        tags={"split": "train" if at < 0.65 else "validation" if at < 0.75 else "test", "intent": intent},
    )


@cache
def _terms() -> tuple[tuple[str, str], ...]:
    """Each condition's clinical and plain name."""
    lines = files("vesalius.sources.simulators").joinpath("health_questions.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return tuple((clinical, lay) for clinical, lay in (line.split("\t") for line in lines))
