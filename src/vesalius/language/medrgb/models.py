"""Models of known behaviour towards documents, which prove what the tests measure."""

from vesalius.language.medrgb.cases import naming
from vesalius.language.medrgb.records import INSUFFICIENT, context_parted
from vesalius.language.mocks import coin, model, options_of
from vesalius.language.scripted import Scripted


def copier() -> Scripted:
    r"""Believes documents: it picks the option that most of those before the question name, the first of equals.

    Where none names any, it says that the information is insufficient if it may, and picks nothing else.

    >>> from vesalius.language.backend import Sampling
    >>> asked = "Question: Gout has fever.\n\nWhat has gout?\nA. pain\nB. fever\nAnswer:"
    >>> copier().generate([asked], Sampling())[0].text
    'The answer is B.'
    """

    def pick(text: str) -> str | None:
        options = options_of(text)
        documents, _ = context_parted(text)
        named = {letter: sum(bool(naming(option).search(one)) for one in documents) for letter, option in options.items()}
        most = max(named, key=lambda letter: named[letter], default=None)
        if most is not None and named[most]:
            return most
        return next((letter for letter, option in options.items() if option == INSUFFICIENT), None)

    return model(pick, "copier")


def sceptic(seed: int = 0) -> Scripted:
    """Ignores documents: it picks by chance from question and options alone, the same whatever stands before them."""
    chance = coin(seed)

    def pick(text: str) -> str:
        bare = context_parted(text)[1].removeprefix("Question: ")
        letters = list(options_of(bare))
        scored = chance.score([bare], [[f" {letter}" for letter in letters]])[0].likelihoods
        return letters[max(range(len(letters)), key=lambda place: scored[place].log_probability)]

    return model(pick, f"sceptic {seed}")
