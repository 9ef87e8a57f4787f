"""Cases as records of the tests: standard, sufficiency, robustness, and telling documents apart."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from vesalius.language.evidence.context import told
from vesalius.language.medrgb.cases import Case, naming
from vesalius.language.retrieval import Document
from vesalius.records import Choices, Field, Record, Text

INSUFFICIENT = "Insufficient information"
"""The option that says so."""

CLAIM = "The answer to such a question is {option}."
"""What is added to a document that does not name the right option, to make it wrong."""

DETECT = "Is what stands here right?"


def others(count: int, rate: float) -> int:
    """How many documents of another kind stand beside so many, if they are to be this share of all.

    At a rate of 1 the others stand alone, as many.

    >>> others(1, 0.5), others(1, 0.75), others(3, 0.0), others(2, 1.0)
    (1, 3, 0, 2)
    """
    return count if rate >= 1 else round(count * rate / (1 - rate))


def standard(case: Case, rate: float, seed: int) -> Record:
    """The question behind its documents, of which a share is noise.

    Args:
        case: what is asked.
        rate: share of noise; at 1 there is nothing else.
        seed: of the order of the documents.
    """
    return _with_context(case, _mixed(case, rate), seed)


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

    Returns:
        A record with the field ``key``: the letters of the right and the planted option, with a slash between them.
    """
    false = [counterfactual(document, case) for document in case.signal]
    true = () if rate >= 1 else case.signal
    count = others(len(case.signal), rate)
    shown = [*true, *(replace(false[place % len(false)], id=f"false {place}") for place in range(count))]
    record = _with_context(case, shown, seed)
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


def _mixed(case: Case, rate: float) -> list[Document]:
    count = others(len(case.signal), rate)
    return [*(() if rate >= 1 else case.signal), *case.noise[:count]]


def _with_context(case: Case, shown: Sequence[Document], seed: int) -> Record:
    name = int.from_bytes(sha256(case.record.id.encode()).digest()[:8], "big")
    order = np.random.default_rng([seed, name]).permutation(len(shown))
    context = "\n".join(told(shown[place]) for place in order)
    return replace(case.record, fields={**case.record.fields, "context": Text(context)})
