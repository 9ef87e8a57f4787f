import csv
import json

import pytest

from vesalius.errors import UserError
from vesalius.language.backend import Completion, Reply, Usage
from vesalius.language.medications.mocks import SKILL, Skill, planted
from vesalius.language.scripted import Scripted
from vesalius.learners.medications.abstraction import REVIEW_COLUMNS, REVIEW_FILE, SHOTS_FILE, MedicationAbstraction, abstracted
from vesalius.records import Record, Text
from vesalius.sources.simulators.medications import Medications
from vesalius.tasks.texts import by_release

SPLIT = by_release(Medications(target="route", count=1400).records())
RIGHT = {
    " ".join(record.get("medication", Text).value.split()): record.get("route", Text).value
    for record in (*SPLIT.train, *SPLIT.test)
}


def record(name, text, route="oral"):
    return Record(id=name, subject_id=name, fields={"medication": Text(text), "route": Text(route)})


def fitted(skill=SKILL, **options):
    learner = MedicationAbstraction(lambda: planted(RIGHT, skill), "route", **options)
    learner.fit(SPLIT.train, [])
    return learner


def share_right(learner):
    told = learner.predict(SPLIT.test)
    return sum(one.value == each.get("route", Text).value for one, each in zip(told, SPLIT.test, strict=True)) / len(told)


def test_accuracy_by_number_of_examples_is_the_planted_one():
    for shots in (0, 5, 10):
        guessed = (1 - SKILL.known[shots]) * (1 - SKILL.stubborn) / 13
        assert share_right(fitted(shots=shots)) == pytest.approx(SKILL.known[shots] + guessed, abs=0.04)


def test_the_vote_mends_slips_and_prose_that_one_answer_shows():
    skill = Skill(known={0: 1.0}, slips=0.1, prose={0: 0.2}, stubborn=0.0)
    assert share_right(fitted(skill, samples=1)) == pytest.approx(0.72, abs=0.05)
    assert share_right(fitted(skill, samples=5)) > 0.98
    outcomes = [one.outcome for one in fitted(skill, samples=1).predict(SPLIT.test)]
    assert outcomes.count("unparsed") / len(outcomes) == pytest.approx(0.2, abs=0.05)


def test_a_string_is_asked_once_however_often_it_stands_there():
    model = Scripted(lambda prompt, sampling, sample: "po")
    learner = MedicationAbstraction(lambda: model, "route", samples=3)
    first = learner.predict([record("a", "asa  81"), record("b", "asa 81"), record("c", "kcl")])
    again = learner.predict([record("d", "asa 81 ")])
    assert len(model.asked) == 2
    assert [one.calls for one in (*first, *again)] == [1, 0, 1, 0] and first[0].tokens and first[1].tokens == 0
    assert {one.value for one in (*first, *again)} == {"oral"}


def test_what_failed_is_asked_again():
    class Failing(Scripted):
        def generate(self, prompts, sampling):
            self.asked.extend(prompts)
            gone = Completion(text="timeout", tokens=0, finish="failed")
            return [Reply(completions=(gone,), usage=Usage(calls=1)) for _ in prompts]

    model = Failing(lambda prompt, sampling, sample: "")
    learner = MedicationAbstraction(lambda: model, "route", samples=1)
    outcomes = [learner.predict([record("a", "asa")])[0].outcome for _ in range(2)]
    assert outcomes == ["failed", "failed"] and len(model.asked) == 2


def test_labels_are_normalised_before_they_are_counted_and_prose_counts_against_agreement():
    model = Scripted(lambda prompt, sampling, sample: ("IV", "oral", "intravenous", "IVPB", "I would have to ask.")[sample])
    learner = MedicationAbstraction(lambda: model, "route")
    one = learner.predict([record("a", "x")])[0]
    assert one.value == "intravenous" and json.loads(one.raw or "")["agreement"] == 0.6


def test_the_first_said_wins_a_tie():
    model = Scripted(lambda prompt, sampling, sample: ("iv", "po", "po", "iv")[sample])
    learner = MedicationAbstraction(lambda: model, "route", samples=4)
    assert learner.predict([record("a", "x")])[0].value == "intravenous"


def test_the_review_file_holds_the_doubtful_strings_alone_the_most_frequent_first(tmp_path):
    def answer(prompt, sampling, sample):
        string = str(prompt).rpartition("Medication: ")[2]
        return "po" if "sure" in string or sample < 3 else "iv"

    learner = MedicationAbstraction(lambda: Scripted(answer), "route")
    strings = ["sure", "rare, one", "often", "often", "sure"]
    learner.predict([record(str(number), text) for number, text in enumerate(strings)])
    learner.save(tmp_path)
    with (tmp_path / REVIEW_FILE).open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(REVIEW_COLUMNS)
    assert [row[:4] for row in rows[1:]] == [["often", "2", "oral", "0.60"], ["rare, one", "1", "oral", "0.60"]]
    assert json.loads(rows[1][4]) == ["po", "po", "po", "iv", "iv"]


def test_errors_are_more_frequent_in_the_review_than_outside():
    learner = fitted(shots=5)
    told = learner.predict(SPLIT.test)
    doubtful = {string for string, _, _ in learner.review()}
    wrong: dict[bool, list[bool]] = {True: [], False: []}
    for one, each in zip(told, SPLIT.test, strict=True):
        string = " ".join(each.get("medication", Text).value.split())
        wrong[string in doubtful].append(one.value != each.get("route", Text).value)
    assert sum(wrong[True]) / len(wrong[True]) > 0.5 > 0.15 > sum(wrong[False]) / len(wrong[False])


def test_examples_come_from_training_and_cover_as_many_answers_as_they_can():
    model = planted(RIGHT)
    learner = MedicationAbstraction(lambda: model, "route", shots=5, seed=3)
    with pytest.raises(UserError, match="fit"):
        learner.predict(SPLIT.test[:1])
    learner.fit(SPLIT.train, [])
    learner.predict(SPLIT.test[:1])
    prompt = str(model.asked[0])
    answers = [line.removeprefix("Route: ") for line in prompt.splitlines() if line.startswith("Route: ")]
    assert len(set(answers)) == 5
    trained = {" ".join(each.get("medication", Text).value.split()) for each in SPLIT.train}
    shown = [line.removeprefix("Medication: ") for line in prompt.splitlines() if line.startswith("Medication: ")]
    assert set(shown[:-1]) <= trained
    with pytest.raises(UserError, match="ask for fewer"):
        MedicationAbstraction(lambda: model, "route", shots=5).fit(SPLIT.train[:2], [])


def test_what_is_saved_answers_as_before_and_damage_is_told(tmp_path):
    learner = fitted(shots=5, seed=4)
    said = [one.value for one in learner.predict(SPLIT.test[:40])]
    learner.save(tmp_path)
    restored = MedicationAbstraction(lambda: planted(RIGHT), "route", shots=5, seed=9)
    restored.load(tmp_path)
    assert [one.value for one in restored.predict(SPLIT.test[:40])] == said
    (tmp_path / SHOTS_FILE).write_text("{}")
    with pytest.raises(UserError, match="damaged"):
        restored.load(tmp_path)


def test_no_sample_with_a_label_has_the_outcome_of_the_first():
    said = tuple(Completion(text=text, tokens=1) for text in ("unsure", "by pigeon"))
    one = abstracted("route", Reply(completions=said, usage=Usage()))
    assert (one.label, one.outcome, one.agreement) == (None, "refused", 0.0)
