"""Multiple-choice records for tests."""

from vesalius.records import Choices, Record, Text

DRUGS = ("aspirin", "heparin", "warfarin", "alteplase")


def record(number, right=None, *, context=""):
    """A question; its answer where it is to have one."""
    options = tuple(f"{drug} {number}" for drug in DRUGS)
    fields = {"question": Text(f"What is number {number}?"), "options": Choices(options)}
    if right is not None:
        fields["answer"] = Text(right)
    if context:
        fields["context"] = Text(context)
    return Record(id=f"q{number}", subject_id=f"q{number}", fields=fields)


def exam(count):
    """Questions whose right answers are A, B, C, D in turn."""
    return [record(number, "ABCD"[number % 4]) for number in range(count)]


def key(records):
    """Text of the right option by text of the question."""
    found = {}
    for one in records:
        options = one.get("options", Choices).options
        found[one.get("question", Text).value] = options["ABCD".index(one.get("answer", Text).value)]
    return found
