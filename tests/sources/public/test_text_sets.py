import gzip

import pytest
from tests.sources.public import made_releases as made
from tests.sources.public.made_releases import MADE, lines, table, value, write

from vesalius.checks import check_source, check_task
from vesalius.errors import UserError
from vesalius.records import Choices, Label, Text
from vesalius.sources.public import public_set
from vesalius.sources.public.root import VARIABLE
from vesalius.sources.public.text_sets import SEVERAL, SINGLE, TEXT_SETS
from vesalius.sources.releases import RELEASES
from vesalius.tasks.texts import choices_task, writing_task

CHOICES = {each.name for each in (*SINGLE, *SEVERAL)}


@pytest.fixture
def release(tmp_path, monkeypatch):
    """Writes a made release where its set looks for it, and gives the records."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def read(name, changes=None):
        write(name, tmp_path / TEXT_SETS[name].folders[-1], changes)
        return TEXT_SETS[name].records()

    return read


def shown(record):
    return tuple(record.get(name, Text).value for name in ("question", "answer")), record.get("options", Choices).options


def test_questions_on_one_disease_go_to_one_split_however_it_is_spelt(release):
    named = [("Sjogren Syndrome", "a"), ("Sjogren's syndromes (SjS)", "b"), ("Type 1", "c"), ("Type 2", "c"), ("Gout", "d")]
    rows = [made.MEDQUAD | {"focus": focus, "url": url} for focus, url in named]
    subjects = [record.subject_id for record in release("medquad", {"medquad.jsonl.gz": gzip.compress(lines(*rows))})]
    assert subjects == ["sjogren syndrome", "sjogren syndrome", "type 1", "type 1", "gout"]


def test_every_set_has_a_made_release():
    assert MADE.keys() == TEXT_SETS.keys()


@pytest.mark.parametrize("name", MADE)
def test_a_made_release_keeps_the_contract_of_sources(release, name):
    records = release(name)
    check_source(TEXT_SETS[name])
    assert {record.tags["split"] for record in records} <= {"train", "validation", "test"}
    assert all(record.tags["language"] for record in records)
    assert all({"question", "options", "answer"} <= record.fields.keys() for record in records) or name not in CHOICES


@pytest.mark.parametrize(
    ("name", "id", "answer"),
    [
        ("medqa-4", "test_0000", ("Which?", "B")),
        ("medqa-5", "validation_0000", ("Which?", "B")),
        ("medmcqa", "u", ("Which?", "B")),
        ("pubmedqa", "9", ("Does it?", "B")),
        ("mmlu-medical", "anatomy-test-0000", ("Which,\none?", "D")),
        ("bioasq", "5f", ("Is it?", "A")),
        ("frenchmedmcqa", "f1", ("Lesquelles ?", "A,D")),
        ("healthfc-en", "claim-000", ("Does it help?", "C")),
        ("healthfc-de", "claim-000", ("Hilft es?", "C")),
        ("cmqcic", "excerpt-000", ("是否完成？", "A")),
        ("mediqal-mcqu", "m1", ("Lesquelles ?", "B")),
        ("mediqal-mcqm", "m1", ("Lesquelles ?", "A,C")),
        ("cmexam", "validation-00000", ("哪项？", "A,C")),
        ("medbullets-4", "medbullets_op4-0000", ("Which?", "B")),
        ("medbullets-5", "medbullets_op5-0000", ("Which?", "B")),
        ("jama-challenge", "jama_raw-0000", ("Which?", "B")),
        ("medxpertqa", "Text-1", ("Which?", "J")),
        ("headqa-es", "Cuaderno_2013_1_B-7", ("¿Cuál?", "B")),
    ],
)
def test_each_answer_coding_gives_the_right_letters(release, name, id, answer):
    (record,) = (record for record in release(name) if record.id == id)
    assert shown(record)[0] == answer


def test_options_stand_by_their_letters_whatever_their_order_in_the_file(release):
    (record,) = release("frenchmedmcqa")
    assert shown(record)[1] == ("v", "w", "x", "y", "z") and record.tags["type"] == "multiple"


def test_what_goes_on_behind_an_option_belongs_to_it_and_rows_without_an_answer_are_left_out(release):
    (record,) = release("cmexam")
    assert shown(record)[1] == ("甲", "乙\n续", "丙")


def test_abstracts_cases_evidence_and_rules_are_fields(release):
    assert release("pubmedqa")[0].get("context", Text).value == "We asked.\nWe saw."
    assert [record.tags["split"] for record in release("pubmedqa")] == ["test", "train"]
    assert release("mediqal-mcqm")[0].get("context", Text).value == "Un homme."
    assert release("bioasq")[0].get("documents", Text).value == "http://d/1"
    (claim,) = release("healthfc-en")
    assert (claim.get("context", Text).value, claim.time.isoformat()[:10], claim.subject_id) == (
        "Few studies.",
        "2022-03-05",
        "https://h/1",
    )
    (excerpt,) = release("cmqcic")
    assert excerpt.get("facts", Text).value.splitlines()[1] == "2. 尿常规 = True/False。"
    assert excerpt.get("rules", Text).value.startswith("1. 如果Fact 1")


def test_an_error_is_told_with_its_sentence_and_correction(release):
    (record,) = release("medec")
    assert record.get("flag", Label).value == "error" and record.tags["type"] == "treatment"
    assert [record.get(name, Text).value for name in ("error_id", "error_sentence", "correction")] == [
        "1",
        "Given aspirin.",
        "Given ibuprofen.",
    ]


def test_dialogues_come_with_note_part_and_what_is_known_of_the_patient(release):
    (record,) = release("aci-bench")
    assert record.get("note", Text).value.endswith("Cough.")
    assert record.tags == {
        "split": "test",
        "part": "test3",
        "language": "en",
        "recorded": "aci",
        "gender": "female",
        "age": "35",
        "complaint": "cough",
    }
    assert release("mts-dialog")[0].id == "test2-0"


def test_what_an_open_question_has_is_told(release):
    (record,) = release("mediqal-oeq")
    assert "context" not in record.fields and record.get("answer", Text).value == "Une échographie."
    assert release("bioasq-ideal")[0].get("answer", Text).value == "Yes, it is."


US_4 = f"{made.US}/4_options/phrases_no_exclude_test.jsonl"
TEST = "MEDEC-MS-TestSet-with-GroundTruth-and-ErrorType.csv"
BATCH = "Task9BGoldenEnriched/9B1_golden.json"
SPOILT = [
    ("medqa-4", US_4, None, "none of .* is there"),
    ("medqa-4", US_4, b"{", "test.jsonl, line 1: not JSON"),
    ("medqa-4", US_4, b"\n[]", "line 2: not a JSON object"),
    ("medqa-4", US_4, b'{"question": "caf\xe9"}', "not UTF-8 at byte 17"),
    ("medqa-4", US_4, b'{"question": "\\ud800"}', "line 1, field 'question': half a character"),
    ("medqa-4", US_4, lines(made.MEDQA | {"question": " "}), "line 1, field 'question': blank"),
    ("medqa-4", US_4, lines(made.MEDQA | {"options": {}}), "line 1, field 'A': missing"),
    ("medqa-4", US_4, lines(made.MEDQA | {"options": made.MCQ | {"E": "v"}}), "line 1, field 'options': 5 options"),
    ("medqa-4", US_4, lines(made.MEDQA | {"answer_idx": "E"}), "line 1, field 'answer_idx': 'E' is not one of A, B, C, D"),
    ("medmcqa", "data/dev.json", lines(made.MEDMCQA | {"cop": 0}), "line 1, field 'cop': 0"),
    ("medmcqa", "data/dev.json", lines(made.MEDMCQA, made.MEDMCQA | {"cop": 1}), "line 2, field 'id': 'u' has been given"),
    ("pubmedqa", "test_ground_truth.json", None, "test_ground_truth.json: missing"),
    ("pubmedqa", "test_ground_truth.json", value({"9": "yes"}), "field '9': not the 'no' of ori_pqal.json"),
    ("pubmedqa", "test_ground_truth.json", value({"7": "yes"}), "field '7': no question of ori_pqal.json"),
    ("pubmedqa", "ori_pqal.json", value({"9": made.ABSTRACT | {"CONTEXTS": [1]}}), "question '9', field 'CONTEXTS'"),
    ("mmlu-medical", "data/test/anatomy_test.csv", b"Which?,w,x,y,z\n", "anatomy_test.csv, line 1: 5 cells where 6"),
    ("mmlu-medical", "data/test/anatomy_test.csv", b"Which?,w,x,y,z,E\n", "line 1, field 'answer': 'E'"),
    ("bioasq", BATCH, value({"questions": [made.BIOASQ | {"exact_answer": "maybe"}]}), "question 1, field 'exact_answer'"),
    ("bioasq-ideal", BATCH, value({"questions": [made.BIOASQ | {"ideal_answer": []}]}), "question 1, field 'ideal_answer'"),
    ("frenchmedmcqa", "train.json", value({}), "train.json: not a JSON list"),
    ("frenchmedmcqa", "train.json", value([made.FRENCH | {"correct_answers": ["f"]}]), "item 1, field 'correct_answers': 'F'"),
    ("frenchmedmcqa", "train.json", value([made.FRENCH | {"correct_answers": []}]), "item 1, field 'correct_answers'"),
    ("frenchmedmcqa", "train.json", value([made.FRENCH | {"correct_answers": ["a", "a"]}]), "names an option twice"),
    ("healthfc-en", "Datensatz.csv", table(made.HEALTHFC | {"label": "3"}), "line 2, field 'label': '3'"),
    ("healthfc-en", "Datensatz.csv", table(made.HEALTHFC | {"date": "5. March 2022"}), "line 2, field 'date'"),
    ("healthfc-en", "Datensatz.csv", b"en_claim\n", "line 1, field 'en_explanation': missing"),
    ("cmqcic", "data.jsonl", lines(made.CMQCIC | {"unique_id": "?"}), "line 1, field 'unique_id': no indicator"),
    ("cmqcic", "indicator.json", value({"率": {}}), r"indicator '\\u7387', field 'question_rule'"),
    ("medec", TEST, table(made.MEDEC | {"Error Sentence ID": "7"}), "line 3, field 'Error Sentence ID': '7'"),
    ("medec", TEST, table(made.MEDEC | {"Error Flag": "0"}), "line 3, field 'Error Sentence ID'"),
    ("medec", TEST, table(made.MEDEC | {"Error Type": "NA"}), "line 3, field 'Error Type'"),
    ("medquad", "medquad.jsonl.gz", b"no", "medquad.jsonl.gz: damaged"),
    ("medquad", "medquad.jsonl.gz", gzip.compress(lines(made.MEDQUAD))[:-12], "medquad.jsonl.gz: damaged"),
    ("medquad", "medquad.jsonl.gz", gzip.compress(lines(made.MEDQUAD | {"answer": ""})), "line 1, field 'answer': blank"),
    ("aci-bench", "clef_taskC_test3_metadata.csv", None, "clef_taskC_test3_metadata.csv: missing"),
    ("aci-bench", "clef_taskC_test3.csv", table(made.ACI | {"encounter_id": "X"}), "field 'encounter_id': 'X' is not in"),
    ("mediqal-mcqu", "mcqu/test.jsonl", lines(made.MEDIQAL), "line 1, field 'correct_answers': several letters"),
    ("mediqal-mcqm", "mcqm/validation.jsonl", lines(made.MEDIQAL | {"correct_answers": "A,F"}), "field 'correct_answers': 'A,F'"),
    ("cmexam", "data/val.csv", table(made.CMEXAM | {"Options": "甲"}), "field 'Options': does not begin with A"),
    ("cmexam", "data/val.csv", table(made.CMEXAM | {"Options": "A 甲", "Answer": "A"}), "field 'options': 1 options"),
    ("medbullets-4", "medbullets_op4.csv", b"question,question\n", "field 'question': twice"),
    ("medxpertqa", "Text/test.jsonl", lines(made.XPERT | {"label": "K"}), "line 1, field 'label': 'K'"),
    ("headqa-es", "HEAD/test_HEAD.json", value({"exams": {"c": made.EXAM | {"data": [{}]}}}), "exam 'c', question None, field"),
    (
        "headqa-es",
        "HEAD/test_HEAD.json",
        value({"exams": {"c": made.EXAM | {"data": [made.HEADQA | {"ra": "4"}]}}}),
        "question '7', field 'ra': '4' is not one of",
    ),
]


@pytest.mark.parametrize(("name", "path", "content", "told"), SPOILT)
def test_a_spoilt_release_is_told_by_file_row_field_and_remedy(release, name, path, content, told):
    with pytest.raises(UserError, match=told) as error:
        release(name, {path: content})
    assert "\n" not in str(error.value) and str(error.value).endswith(".") and ";" in str(error.value)


def test_a_row_that_is_there_twice_is_one_record_and_an_id_given_twice_is_not(release, tmp_path):
    assert len(release("frenchmedmcqa")) == 1
    other = value([made.FRENCH, made.FRENCH | {"question": "Laquelle ?"}])
    (tmp_path / "frenchmedmcqa" / "train.json").write_bytes(other)
    public_set._read.cache_clear()
    with pytest.raises(UserError, match="item 2, field 'id': 'f1' has been given"):
        TEXT_SETS["frenchmedmcqa"].records()


def test_the_copy_inside_another_release_is_read_where_the_own_is_absent(release, tmp_path):
    (record,) = release("medqa-4")
    assert record.id == "test_0000" and (tmp_path / "mirage" / "medqa").is_dir()
    write("medqa-4", tmp_path / "medqa", {US_4: lines(made.MEDQA | {"question": "What?"})})
    assert shown(TEXT_SETS["medqa-4"].records()[0])[0][0] == "What?"


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_nesting_too_deep_and_numbers_too_long_are_told(release, depth):
    for content in (b"[" * depth + b"]" * depth, b"9" * depth):
        with pytest.raises(UserError, match="line 1: not"):
            release("medqa-4", {US_4: content})
        public_set._read.cache_clear()


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_every_set_of_questions_makes_a_task_of_choices(release, name):
    # The split of a made release may have nothing to test.
    release(name)
    task = choices_task(TEXT_SETS[name], several=TEXT_SETS[name] in SEVERAL)
    if task.split(task.source.records()).test:
        check_task(task)
    assert [measure.metric.name for measure in task.measures] == ["accuracy", "hamming_score"][: 1 + (TEXT_SETS[name] in SEVERAL)]


@pytest.mark.parametrize("name", ["mts-dialog", "aci-bench"])
def test_dialogues_make_a_task_of_writing(release, name):
    release(name)
    task = writing_task(TEXT_SETS[name], inputs=("dialogue",), target="note")
    check_task(task)
    record = task.source.records()[0]
    assert task.measures[0].metric.function(task.truth(record), task.truth(record)) == 1


def test_the_list_of_data_has_every_set():
    folders = {place.split("/")[0] for release in RELEASES for place in release.needs.split("|")}
    assert {each.folders[0].split("/")[0] for each in TEXT_SETS.values()} <= folders
