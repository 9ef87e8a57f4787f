"""The words that base models know: those of the clinic in both dialects, and of the package's prompts."""

from functools import cache
from typing import TYPE_CHECKING

from vesalius.language.cognitive_bias import bias_templates
from vesalius.language.evidence.queries import evidence_templates
from vesalius.language.medrgb.records import CLAIM, DETECT, INSUFFICIENT
from vesalius.language.note_review import review_templates
from vesalius.language.prompts import templates
from vesalius.language.steering.strategy import steering_templates
from vesalius.language.tree_of_thoughts.evaluators import tree_templates
from vesalius.language.word_tokens import word_tokenizer, words_of
from vesalius.sources.simulators.mini_clinic.dialects import frames, voice
from vesalius.sources.simulators.mini_clinic.documents import general_words
from vesalius.sources.simulators.mini_clinic.instructions import instruction_words
from vesalius.sources.simulators.mini_clinic.world import world

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

LONGEST = 768
"""Tokens of the longest text."""

_SCAFFOLD = "Question Answer Document The answer is yes no Reasons Yes No A B C D E . : ? , ( ) [ ] ; - \n"
_NUMBERS = 64


@cache
def prompt_words() -> tuple[str, ...]:
    """The words of the package's prompts, each once, without names, numbers and marks."""
    return tuple(dict.fromkeys(word for text in _prompts() for word in words_of(text) if word.isalpha()))


def base_tokenizer() -> "PreTrainedTokenizerFast":
    """Knows each word and mark as one token."""
    sentences = [frame for group in frames().values() for frame in group.values()]
    return word_tokenizer(
        [
            *(word for text in (*sentences, _SCAFFOLD, *_prompts()) for word in words_of(text)),
            *(str(number) for number in range(_NUMBERS)),
            *world().terms,
            *voice("second").words.values(),
            *general_words(),
            *instruction_words(),
        ],
        LONGEST,
    )


def _prompts() -> list[str]:
    groups = (templates(), steering_templates(), evidence_templates(), tree_templates(), review_templates(), bias_templates())
    return [*(one.text for group in groups for one in group.values()), INSUFFICIENT, CLAIM, DETECT]
