from vesalius.records import Record, Text
from vesalius.sources.notes import by_base_note, numbered, sentences_of

BODY = (
    "The lungs are clear to auscultation on both sides. A chest radiograph shows an infiltrate on the left. He is given fluids."
)


def notes(*texts):
    records = [Record(id=f"r{place}", subject_id=f"r{place}", fields={"text": Text(text)}) for place, text in enumerate(texts)]
    return [record.subject_id for record in by_base_note(records)]


def test_sentences_come_back_by_number():
    assert list(sentences_of(numbered(["Fever.", "Pulse 3 times.", ""])).items()) == [
        ("0", "Fever."),
        ("1", "Pulse 3 times."),
        ("2", ""),
    ]


def test_a_line_with_another_number_goes_on_with_the_sentence_before():
    assert sentences_of("0 Pulse is\n106/min.\n\n1 Given\n7 days.\n2 Ends.") == {
        "0": "Pulse is 106/min.",
        "1": "Given 7 days.",
        "2": "Ends.",
    }
    assert sentences_of("no number") == {}


def test_versions_with_the_same_first_sentence_or_half_of_the_others_are_one_note():
    right, wrong = f"A man of 30 coughs. {BODY}", f"A man of 30 coughs. {BODY.replace('fluids', 'insulin')}"
    named = f"A man of 30 with suspected gout coughs. {BODY}"
    other = "A woman of 40 has had a fever for three days. Her temperature is 39 degrees on examination. She is given ibuprofen."
    assert notes(right, other, wrong, named) == ["r0", "r1", "r0", "r0"]


def test_a_few_common_sentences_make_no_versions():
    common = "His temperature is 37.2 degrees and his pulse is 80."
    one = f"A man of 30 coughs. {common} He has lost ten kilograms in weight. Sputum culture grows acid-fast rods."
    two = f"A man of 50 limps. {common} His left knee is swollen and tender. Aspirate of the joint holds crystals."
    assert notes(one, two) == ["r0", "r1"]


def test_versions_of_versions_are_one_note_in_whatever_order_they_stand():
    parts = [f"Sentence number {number} of a long clinical note is here." for number in range(8)]
    first, second, third = " ".join(parts[:4]), " ".join(parts[2:6]), " ".join(parts[4:])
    assert notes(first, third, second) == ["r0", "r0", "r0"]
    assert notes(first, third) == ["r0", "r1"]
