"""Models that know every answer and follow a suggestion, unless something in the prompt keeps them from it."""

from collections.abc import Mapping, Sequence

from vesalius.language.cognitive_bias import suggestion_in
from vesalius.language.mocks import model, options_of
from vesalius.language.scripted import Scripted


def swayed(right: Mapping[str, str], *, unless: Sequence[str] = (), identity: str = "swayed") -> Scripted:
    r"""Picks the option that the question suggests; the right one where none is suggested.

    Args:
        right: text of the right option by text of the question, without the suggestion.
        unless: texts of which any, standing in the prompt, makes it ignore suggestions.
        identity: of the model.

    >>> from vesalius.language.backend import Sampling
    >>> backend = swayed({"Toe?": "gout"}, unless=("Beware",))
    >>> asked = "Toe? Most of your colleagues believe that it is flu.\nA. gout\nB. flu\nAnswer:"
    >>> [reply.text for reply in backend.generate([asked, f"Beware. {asked}"], Sampling())]
    ['The answer is B.', 'The answer is A.']
    """

    def pick(text: str) -> str | None:
        # the question itself stands behind those of the demonstrations
        asked = max(right, key=text.rfind, default=None)
        if asked is None or asked not in text:
            return None
        own = text[text.rfind(asked) :]
        suggested = None if any(one in text for one in unless) else suggestion_in(own)
        chosen = right[asked] if suggested is None else suggested
        letters = {option: letter for letter, option in options_of(own).items()}
        return letters.get(chosen, chosen)

    return model(pick, identity)
