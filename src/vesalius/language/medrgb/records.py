"""Cases as records of the tests: standard, sufficiency, robustness, and telling documents apart."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from math import ceil

import numpy as np

from vesalius.errors import UserError
from vesalius.language.evidence.context import told
from vesalius.language.medrgb.cases import Case, naming
from vesalius.language.retrieval import Document
from vesalius.records import Choices, Field, Record, Text

INSUFFICIENT = "Insufficient information"
"""The option that says so."""

CLAIM = "The answer to such a question is {option}."
"""What is added to a document that does not name the right option, to make it wrong."""

DETECT = "Is what stands here right?"

_FINEST = 100
"""Parts of a whole that a share may be told in."""


def parts(signals: int, rate: float) -> tuple[int, int]:
    """How many documents of two kinds make a whole of which the second kind is exactly this share.

    The whole is as large as the number of signal documents, or the next larger one that the share divides.

    >>> parts(1, 0.5), parts(1, 0.75), parts(5, 0.4), parts(2, 1.0)
    ((1, 1), (1, 3), (3, 2), (0, 2))
    """
    share = Fraction(rate).limit_denominator(_FINEST)
    whole = share.denominator * ceil(signals / share.denominator)
    return whole - int(whole * share), int(whole * share)


def standard(case: Case, rate: float, seed: int) -> Record:
    """The question behind its documents, of which a share is noise: it takes the place of the last signal documents.

    Args:
        case: what is asked; where a share leaves out signal documents, each of them answers it alone.
        rate: share of noise; at 1 there is nothing else.
        seed: of the order of the documents.

    Raises:
        UserError: if the share needs more signal documents, or more noise, than the case has.
    """
    own, other = parts(len(case.signal), rate)
    return _with_context(case, [*_first(case.signal, own, case, rate), *_first(case.noise, other, case, rate)], seed)


def sufficiency(case: Case, rate: float, seed: int) -> Record:
    """The same with one more option, that the documents are not sufficient: it is right where all are noise."""
    record = standard(case, rate, seed)
    options = (*record.get("options", Choices).options, INSUFFICIENT)
    fields: dict[str, Field] = {**record.fields, "options": Choices(options)}
    if rate >= 1:
        fields["answer"] = Text(Choices(options).letters[-1])
    return replace(record, fields=fields)


def robustness(case: Case, rate: float, seed: int) -> Record:
    """The question behind its documents, of which a share is counterfactual: they say a wrong option where the right one stood.

    No document stands there twice. False are the signal documents that are not shown as they are, then the others, then noise
    with a claim; where there are fewer signal documents than right ones are wanted, noise fills their places.

    Returns:
        A record with the field ``key``: the letters of the right and the planted option, with a slash between them.

    Raises:
        UserError: if the share needs more noise than the case has.
    """
    right, wrong = parts(len(case.signal), rate)
    signal, filling = case.signal[:right], max(0, right - len(case.signal))
    pool = [*case.signal[right:], *signal, *case.noise[filling:]]
    false = [counterfactual(document, case) for document in _first(pool, wrong, case, rate)]
    record = _with_context(case, [*signal, *_first(case.noise, filling, case, rate), *false], seed)
    letters = record.get("options", Choices).letters
    key = f"{record.get('answer', Text).value}/{letters[case.planted]}"
    return replace(record, fields={**record.fields, "key": Text(key)})


def detection(case: Case) -> list[Record]:
    """Each signal document with the question whether it is right; every second one, from one by chance, is counterfactual."""
    made = []
    for place, document in enumerate(case.signal):
        false = (place + case.planted) % 2 == 1
        fields: dict[str, Field] = {
            "context": Text(told(counterfactual(document, case) if false else document)),
            "question": Text(DETECT),
            "options": Choices(("yes", "no")),
            "answer": Text("B" if false else "A"),
        }
        made.append(replace(case.record, id=f"{case.record.id} document {place}", fields=fields))
    return made


def counterfactual(document: Document, case: Case) -> Document:
    """The document with the planted option wherever it names the right one, or with a sentence that claims it.

    >>> fields = {"question": Text("Which?"), "options": Choices(("pain", "fever")), "answer": Text("A")}
    >>> case = Case(record=Record(id="1", subject_id="1", fields=fields), signal=(), noise=(), planted=1)
    >>> counterfactual(Document("1", "Gout", "Gout has pain, swelling."), case).text
    'Gout has fever, swelling.'
    >>> counterfactual(Document("1", "Gout", "Gout is common."), case).text
    'Gout is common. The answer to such a question is fever.'
    """
    planted = case.question.options[case.planted]
    named = naming(case.right)
    if not named.search(document.whole):
        return replace(document, text=f"{document.text} {CLAIM.format(option=planted)}")
    title, text = (named.sub(lambda _: planted, part) for part in (document.title, document.text))
    return replace(document, title=title, text=text)


def context_parted(text: str) -> tuple[list[str], str]:
    r"""The documents that a text begins with, a line each, and what stands behind them.

    A context has no blank line, a question may have some: the first one parts them. A text without any has no documents.

    >>> context_parted("one\ntwo\n\nA man.\n\nWhich?"), context_parted("Which?")
    ((['one', 'two'], 'A man.\n\nWhich?'), ([], 'Which?'))
    """
    context, blank, asked = text.partition("\n\n")
    return ([line for line in context.split("\n") if line.strip()], asked) if blank else ([], text)


def _first(documents: Sequence[Document], count: int, case: Case, rate: float) -> Sequence[Document]:
    if len(documents) < count:
        raise UserError(
            f"record {case.record.id}: {len(documents)} documents, where the share {rate:g} takes {count}; give more."
        )
    return documents[:count]


def _with_context(case: Case, shown: Sequence[Document], seed: int) -> Record:
    name = int.from_bytes(sha256(case.record.id.encode()).digest()[:8], "big")
    order = np.random.default_rng([seed, name]).permutation(len(shown))
    context = "\n".join(told(shown[place]) for place in order)
    return replace(case.record, fields={**case.record.fields, "context": Text(context)})
