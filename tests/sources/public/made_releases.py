"""Small releases in the layout of the real ones, by the name of the set that reads them."""

import csv
import gzip
import io
import json

MCQ = {"A": "w", "B": "x", "C": "y", "D": "z"}


def lines(*rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def value(content):
    return json.dumps(content, ensure_ascii=False).encode()


def table(*rows, header=True):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([list(rows[0])] * header + [list(row.values()) for row in rows])
    return text.getvalue().encode()


US = "data_clean/questions/US"
MEDQA = {"question": "Which?", "answer": "x", "options": MCQ, "meta_info": "step1", "answer_idx": "B", "metamap_phrases": []}
MEDMCQA = {"id": "u", "question": "Which?", "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": 2} | {
    "exp": None,
    "subject_name": "ENT",
    "topic_name": None,
    "choice_type": "multi",
}
ABSTRACT = {"QUESTION": "Does it?", "CONTEXTS": ["We asked.", "We saw."], "LABELS": ["AIMS", "RESULTS"], "YEAR": "2010"} | {
    "MESHES": [],
    "final_decision": "no",
    "LONG_ANSWER": "It does not.",
}
BIOASQ = {"id": "5f", "body": "Is it?", "type": "yesno", "documents": ["http://d/1"], "ideal_answer": ["Yes, it is."]} | {
    "snippets": [{"text": "It is.", "document": "http://d/1"}],
    "exact_answer": "yes",
}
FRENCH = {"id": "f1", "question": "Lesquelles ?", "answers": dict(zip("acdeb", "vxyzw", strict=True))} | {
    "correct_answers": ["d", "a"],
    "subject_name": "pharmacie",
    "nbr_correct_answers": 2,
}
HEALTHFC = {
    "en_claim": "Does it help?",
    "en_explanation": "Hardly.",
    "en_top_sentences": "Few studies.",
    "de_claim": "Hilft es?",
    "de_explanation": "",
    "de_top_sentences": "Wenige Studien.",
    "label": "2",
    "date": "5. März 2022",
    "url": "https://h/1",
}
INDICATOR = {"question_rule": "是否完成？", "facts": ["血常规 = True/False。", "尿常规 = True/False。"]} | {
    "logical_rules": [{"natural language": "如果Fact 1为真，则完成。", "symbolic language": "Fact 1 = True"}]
}
CMQCIC = {"unique_id": "率", "patient note": "血常规正常", "facts": [], "logic": [], "explaination": "Yes", "label": "Yes"}
MEDEC = {
    "Text ID": "ms-1",
    "Text": "Fever. Given aspirin.",
    "Sentences": "0 Fever.\n1 Given aspirin.",
    "Error Flag": "1",
    "Error Type": "treatment",
    "Error Sentence ID": "1",
    "Error Sentence": "Given aspirin.",
    "Corrected Sentence": "Given ibuprofen.",
    "Corrected Text": "Fever. Given ibuprofen.",
}
MEDQUAD = {
    "source": "CDC",
    "url": "https://c/1",
    "focus": "",
    "type": "symptoms",
    "question": "What are they?",
    "answer": "Fever.",
}
MTS = {"ID": "0", "section_header": "CC", "section_text": "Cough.", "dialogue": "Doctor: Well?\nPatient: I cough."}
ACI = {"dataset": "aci", "encounter_id": "D2N1", "dialogue": "[doctor] well ?", "note": "CHIEF COMPLAINT\n\nCough."}
ENCOUNTER = {"dataset": "aci", "encounter_id": "D2N1", "patient_gender": "female ", "patient_age": "35.0", "cc": "cough"}
MEDIQAL = {
    "id": "m1",
    "task": "mcqm",
    "question_type": "Reasoning",
    "medical_subject": "Urologie",
    "clinical_case": "Un homme.",
} | {
    "question": "Lesquelles ?",
    **{f"answer_{letter}": letter for letter in "abcde"},
    "correct_answers": "C,A",
}
OPEN = {"id": "o1", "question_type": "Understanding", "medical_subject": "Urologie", "clinical_case": None} | {
    "question": "Quel examen ?",
    "answer": "Une échographie.",
}
CMEXAM = {"Question": "哪项？", "Options": "A 甲\nB 乙\n续\nC 丙", "Answer": "CA", "Explanation": "因为。"}
BULLETS = {"link": "https://b/1", "question": "Which?", "opa": "v", "opb": "w", "opc": "x", "opd": "y"}
ANSWERED = {"answer_idx": "B", "answer": "w", "explanation": "Because."}
XPERT = {
    "id": "Text-1",
    "question": "Which?\nAnswer Choices: (A) a (B) b",
    "options": {letter: letter.lower() for letter in "ABCDEFGHIJ"},
    "label": "J",
    "medical_task": "Diagnosis",
    "body_system": "Digestive",
    "question_type": "Reasoning",
}
HEADQA = {"qid": "7", "qtext": " ¿Cuál? ", "ra": "2 ", "image": "", "answers": [{"aid": n, "atext": f"{n} "} for n in (1, 2, 3)]}
EXAM = {"name": "Cuaderno_2013_1_B", "year": "2013", "category": "biology", "data": [HEADQA]}


def headqa(name):
    return {f"{name}/test_{name}.json": value({"version": "1.0", "language": "es", "exams": {EXAM["name"]: EXAM}})}


BATCH = {"Task9BGoldenEnriched/9B1_golden.json": value({"questions": [BIOASQ]})}
MADE = {
    "medqa-4": {f"{US}/4_options/phrases_no_exclude_test.jsonl": lines(MEDQA)},
    "medqa-5": {f"{US}/{name}.jsonl": lines(MEDQA | {"options": MCQ | {"E": "v"}}) for name in ("train", "dev", "test")},
    "medmcqa": {"data/train.json": lines(MEDMCQA | {"id": "t"}), "data/dev.json": lines(MEDMCQA)},
    "pubmedqa": {"ori_pqal.json": value({"9": ABSTRACT, "8": ABSTRACT}), "test_ground_truth.json": value({"9": "no"})},
    "mmlu-medical": {
        f"data/test/{subject}_test.csv": table({"question": "Which,\none?"} | MCQ | {"answer": "D"}, header=False)
        for subject in (
            "anatomy",
            "clinical_knowledge",
            "college_biology",
            "college_medicine",
            "medical_genetics",
            "professional_medicine",
        )
    },
    "bioasq": BATCH,
    "bioasq-ideal": BATCH,
    "frenchmedmcqa": {"train.json": value([FRENCH, FRENCH])},
    "healthfc-en": {"Datensatz.csv": table(HEALTHFC)},
    "healthfc-de": {"Datensatz.csv": b"\xef\xbb\xbf" + table(HEALTHFC)},
    "cmqcic": {"indicator.json": value({"率": INDICATOR}), "data.jsonl": lines(CMQCIC)},
    "medec": {"MEDEC-MS-TestSet-with-GroundTruth-and-ErrorType.csv": table(MEDEC, dict.fromkeys(MEDEC, ""))},
    "medquad": {"medquad.jsonl.gz": gzip.compress(lines(MEDQUAD))},
    "mts-dialog": {"MTS-Dialog-TestSet-2-MEDIQA-Sum-2023.csv": table(MTS)},
    "aci-bench": {"clef_taskC_test3.csv": table(ACI), "clef_taskC_test3_metadata.csv": table(ENCOUNTER)},
    "mediqal-mcqu": {"mcqu/test.jsonl": lines(MEDIQAL | {"correct_answers": "B"})},
    "mediqal-mcqm": {"mcqm/validation.jsonl": lines(MEDIQAL)},
    "mediqal-oeq": {"oeq/test.jsonl": lines(OPEN)},
    "cmexam": {"data/val.csv": table(CMEXAM, CMEXAM | {"Answer": ""})},
    "medbullets-4": {"medbullets_op4.csv": table(BULLETS | ANSWERED).replace(b"Because.", b"Because.,,,,")},
    "medbullets-5": {"medbullets_op5.csv": table(BULLETS | {"ope": "z"} | ANSWERED)},
    "jama-challenge": {"jama_raw.csv": table(BULLETS | {"diagnosis": ""} | ANSWERED | {"field": "JAMA Dermatology"})},
    "medxpertqa": {"Text/dev.jsonl": lines(XPERT | {"id": "Text-0"}), "Text/test.jsonl": lines(XPERT)},
    "headqa-es": headqa("HEAD"),
    "headqa-en": headqa("HEAD_EN"),
}


def write(name, folder, changes=None):
    """Puts a release into a folder; changes are other contents by path, None for a file that is missing."""
    for path, content in (MADE[name] | (changes or {})).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
