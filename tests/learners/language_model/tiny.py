"""Tiny language models with random weights, saved as the real ones are, and examples in their words."""

from pathlib import Path

from tests.language.local.conftest import CONFIGS, save_model

from vesalius.learners.language_model.examples import Example
from vesalius.records import Choices, Record, Text

KINDS = tuple(CONFIGS)
EXAMPLES = [Example("the pain in the heart is", "A"), Example("the fever of liver is", "B"), Example("cough :", "C D")]
PROMPTS = [example.prompt for example in EXAMPLES]


def tiny(kind: str, folder: Path) -> Path:
    """The model's folder; made if it isn't there."""
    return folder / kind if (folder / kind).exists() else save_model(kind, folder / kind)


def organs(count: int) -> list[Record]:
    """Questions whose answer is the option that is an organ, at a place that changes."""
    found = []
    for number in range(count):
        options = ["cough", "fever", "drug"]
        options.insert(number % 4, "liver" if number // 4 % 2 else "heart")
        fields = {"question": Text("the organ is"), "options": Choices(tuple(options)), "answer": Text("ABCD"[number % 4])}
        found.append(Record(id=f"o{number}", subject_id=f"o{number}", fields=fields))
    return found
