"""Evidence in front of a question."""

from collections.abc import Sequence

from vesalius.language.questions import Question, behind
from vesalius.language.retrieval import Document


def with_evidence(question: Question, documents: Sequence[Document], words: int) -> Question:
    r"""The question with documents before it, the first of them first, as a record with a ``context`` is asked.

    Args:
        question: as it is asked without them.
        documents: the most important first; none leaves the question as it is.
        words: room for all of them; the document that does not fit is cut, and those behind it are left out.

    >>> question = Question(id="1", text="Which?", options=("a", "b"), order=(0, 1))
    >>> with_evidence(question, [Document("x", "", "one two three")], 2).text
    'one two\n\nWhich?'
    """
    shown: list[str] = []
    left = words
    for document in documents:
        found = told(document).split()[:left]
        left -= len(found)
        if found:
            shown.append(" ".join(found))
    return behind("\n".join(shown), question)


def told(document: Document) -> str:
    """What a document says, on one line, behind its title where the text does not name it.

    >>> told(Document("1", "Gout", "Crystals in a joint.")), told(Document("2", "gout", "In gout, crystals form."))
    ('Gout: Crystals in a joint.', 'In gout, crystals form.')
    """
    text = " ".join(document.text.split())
    named = not document.title or document.title.casefold() in text.casefold()
    return text if named else f"{document.title}: {text}"
