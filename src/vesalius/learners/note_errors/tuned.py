"""Fine-tuning a language model on reviewed notes, for ``vesalius.learners.language_model.adapted.Adapted``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vesalius.errors import UserError
from vesalius.language.note_review import review_prompt, told
from vesalius.learners.language_model.adapted import Tuned
from vesalius.learners.language_model.examples import Example
from vesalius.metrics import read_correction
from vesalius.records import Record, Text

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

RATE = 1e-3


def review_examples(records: Sequence[Record]) -> list[Example]:
    """Notes as they are asked about, with their reviews.

    Raises:
        UserError: if a review is in another form.

    >>> fields = {"sentences": Text("0 Fever."), "review": Text("0 -1 NA")}
    >>> review_examples([Record(id="n", subject_id="n", fields=fields)])[0].answer
    'CORRECT'
    """
    examples = []
    for record in records:
        said = read_correction(record.get("review", Text).value)
        if said is None:
            raise UserError(f"record {record.id}, field 'review': no flag, sentence number and correction; correct it.")
        examples.append(Example(review_prompt(record.get("sentences", Text).value), told(said)))
    return examples


def tuned_on_reviews(
    network: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    train: Sequence[Record],
    validation: Sequence[Record],
    seed: int,
    *,
    steps: int,
) -> Tuned:
    """Train all weights on the training notes' reviews; the validation notes are not used."""
    from vesalius.learners.language_model.supervised import fine_tune

    history = fine_tune(network, tokenizer, review_examples(train), steps=steps, learning_rate=RATE, seed=seed)
    return Tuned(network, sum(one.numel() for one in network.parameters()), {"reviews": history})
