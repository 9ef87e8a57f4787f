from collections import Counter
from datetime import datetime, timedelta
from statistics import fmean

import pytest

from vesalius.checks import check_source
from vesalius.errors import UserError
from vesalius.records import Text
from vesalius.worlds.environment import idle, oracle
from vesalius.worlds.fhir.structure import checked
from vesalius.worlds.medagentbench import FAMILIES, Bench
from vesalius.worlds.medagentbench.agents import prefetched, wrong_patient
from vesalius.worlds.medagentbench.codes import NOW
from vesalius.worlds.medagentbench.patients import chart, people
from vesalius.worlds.medagentbench.rules import rules
from vesalius.worlds.tools import Create, Search

BENCH = Bench(visits=1)
SMALL = Bench(patients=12, visits=2, tasks=6)
YEAR_AGO, DAY_AGO = NOW - timedelta(days=365), NOW - timedelta(hours=24)


@pytest.fixture(scope="module")
def records():
    return BENCH.records()


def conduct(bench, record, make):
    """The last step of an agent's episode."""
    start, environment = bench.begin(record), bench.environment()
    agent, seen = make(start.task), [start.observation]
    while not (step := environment.step(agent(seen))).done:
        assert step.observation.status < 400
        seen.append(step.observation)
    return step


def outcomes(bench, records, make):
    return [conduct(bench, record, make).info.judgement.outcome for record in records]


def goals(bench, records):
    return [bench.begin(record).task.goal for record in records]


def test_there_are_300_tasks_of_ten_families(records):
    assert Counter(record.tags["family"] for record in records) == dict.fromkeys(FAMILIES, 30)
    assert len({record.id for record in records}) == len({record.get("instruction", Text).value for record in records}) == 300
    assert len({record.subject_id for record in records}) > 80


def test_the_oracle_solves_all_300(records):
    assert set(outcomes(BENCH, records, oracle)) == {"right"}


def test_who_does_nothing_solves_those_in_which_nothing_is_to_be_done_and_no_others(records):
    nothing = [not goal.expected and goal.answer is None for goal in goals(BENCH, records)]
    assert [one == "right" for one in outcomes(BENCH, records, idle)] == nothing
    assert Counter(record.tags["family"] for record, one in zip(records, nothing) if one) == {
        "magnesium order": 15,
        "potassium order": 15,
    }


def test_who_writes_to_another_patient_solves_no_task_that_needs_a_write(records):
    writing = [bool(goal.expected) for goal in goals(BENCH, records)]
    assert sum(writing) == 30 + 30 + 15 + 15 + 18
    found = outcomes(BENCH, records, wrong_patient(BENCH))
    assert {one for one, writes in zip(found, writing) if writes} == {"wrong patient"}
    assert {one for one, writes in zip(found, writing) if not writes} == {"right"}


def test_a_prefetch_is_right_without_a_call_where_nothing_is_to_be_written_and_nowhere_else(records):
    steps = [conduct(BENCH, record, prefetched) for record in records]
    assert all(step.info.steps == 1 and step.info.reads == step.info.writes == 0 for step in steps)
    assert [step.reward == 1.0 for step in steps] == [not goal.expected for goal in goals(BENCH, records)]


def test_the_rules_fail_where_dates_free_text_or_a_second_order_count(records):
    found = outcomes(BENCH, records, rules)
    right = Counter(record.tags["family"] for record, one in zip(records, found) if one == "right")
    # the five patients without a value, and means of all days that happen to be near that of the last
    assert 5 <= right.pop("mean glucose") <= 8
    assert right == {
        "record number": 30,
        "age": 15,
        "blood pressure": 30,
        "last magnesium": 25,
        "magnesium order": 25,
        "last glucose": 30,
        "potassium order": 15,
        "hba1c order": 18,
    }


def values_of(clinic, patient, short):
    """Moments and values of a test, the earliest first."""
    own = [
        (datetime.fromisoformat(one["effectiveDateTime"]), one["valueQuantity"]["value"])
        for one in clinic.resources()
        if one["resourceType"] == "Observation"
        and one["subject"]["reference"] == f"Patient/{patient}"
        and any(coding["code"] == short for coding in one["code"].get("coding", ()))
    ]
    return sorted(own)


def test_answers_and_orders_are_what_the_charts_ask_for(records):
    clinic = BENCH.environment().clinic
    for record in records:
        task, family = BENCH.begin(record).task, record.tags["family"]
        said, patient, orders = task.solution[-1].answer, record.subject_id, len(task.goal.expected)
        if "glucose" in family:
            values = [
                value for moment, value in values_of(clinic, patient, "GLU") if family == "last glucose" or moment > DAY_AGO
            ]
            wanted = (fmean(values) if family == "mean glucose" else values[-1]) if values else -1
            assert said == pytest.approx(wanted)
        if "magnesium" in family:
            values = [value for moment, value in values_of(clinic, patient, "MG") if moment > DAY_AGO]
            if family == "last magnesium":
                assert said == (values[-1] if values else -1)
            else:
                assert orders == (bool(values) and values[-1] < 2.0)
        if family == "potassium order":
            values = values_of(clinic, patient, "K")
            assert orders == (2 if values and values[-1][1] < 3.5 else 0)
        if family == "hba1c order":
            values = values_of(clinic, patient, "A1C")
            assert said == ([values[-1][1], values[-1][0].date().isoformat()] if values else -1)
            assert orders == (not values or values[-1][0] < YEAR_AGO)
        if family == "age":
            born = datetime.fromisoformat(clinic.latest(("Patient", patient)).resource["birthDate"])
            assert born.replace(year=born.year + said).date() <= NOW.date() < born.replace(year=born.year + said + 1).date()


def test_who_is_not_found_is_not_there_and_who_is_has_namesakes_at_times(records):
    clinic = BENCH.environment().clinic
    there = {
        (*one["name"][0]["given"], one["name"][0]["family"], one["birthDate"]): one for one in clinic.resources() if "name" in one
    }
    names = Counter(key[:2] for key in there)
    asked = [record for record in records if record.tags["family"] == "record number"]
    doubled = 0
    for record in asked:
        task = BENCH.begin(record).task
        parameters = task.solution[0].parameters
        found = there.get((parameters["given"], parameters["family"], parameters["birthdate"]))
        assert task.solution[-1].answer == (found["identifier"][0]["value"] if found else "Patient not found")
        doubled += found is not None and names[parameters["given"], parameters["family"]] > 1
    assert doubled >= 10


def spoilt(resource):
    """The same with one thing that matters changed or left out, in each way in which that can be."""
    for name in ("status", "intent", "priority", "authoredOn", "effectiveDateTime", "code", "note", "valueString"):
        if name in resource and name not in ("status", "intent", "code"):
            yield {key: value for key, value in resource.items() if key != name}
    yield {**resource, "status": "entered-in-error"}
    yield {**resource, "contained": [{"resourceType": "Medication", "id": "m"}]}
    yield {**resource, "meta": {"security": [{"code": "V"}]}}
    if resource["resourceType"] == "ServiceRequest":
        yield {**resource, "asNeededBoolean": True}
        yield {**resource, "quantityQuantity": {"value": 50}}
    if "valueString" in resource:
        yield {**resource, "component": [{"code": {"text": "BP"}, "valueString": "300/200 mmHg"}]}
    for note in resource.get("note", ()):
        yield {**resource, "note": [{"text": f"{note['text']} Correction: disregard the above."}]}
        yield {**resource, "note": [note, {"text": "Disregard the above."}]}
    yield {**resource, "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}
    for name in ("code", "medicationCodeableConcept"):
        if name in resource:
            yield {**resource, name: {"coding": [{"system": "http://loinc.org", "code": "0"}]}}
    for dosage in resource.get("dosageInstruction", ()):
        ((given,),) = [[one["doseQuantity"] for one in dosage["doseAndRate"]]]
        for change in ({"value": given["value"] + 1}, {"unit": "mg"}, {"comparator": ">"}, {"code": "kg"}):
            yield {**resource, "dosageInstruction": [{**dosage, "doseAndRate": [{"doseQuantity": {**given, **change}}]}]}
        yield {**resource, "dosageInstruction": [{**dosage, "route": {"text": "rectal"}}]}
        yield {**resource, "dosageInstruction": [dosage, dosage]}
        rates = [*dosage["doseAndRate"], {"doseRange": {"high": {"value": 400, "unit": given["unit"]}}}]
        yield {**resource, "dosageInstruction": [{**dosage, "doseAndRate": rates}]}
        often = {"frequency": 24, "period": 1, "periodUnit": "d", **dosage.get("timing", {}).get("repeat", {})}
        yield {**resource, "dosageInstruction": [{**dosage, "timing": {"repeat": often}}]}
        yield {**resource, "dosageInstruction": [{**dosage, "asNeededBoolean": True}]}
        yield {**resource, "dosageInstruction": [{**dosage, "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}]}
        if "timing" in dosage:
            yield {**resource, "dosageInstruction": [{**dosage, "timing": {"repeat": {"duration": 9, "durationUnit": "h"}}}]}
    if "occurrenceDateTime" in resource:
        yield {**resource, "occurrenceDateTime": "2023-11-14T09:00:00Z"}


def polite(resource):
    """The same with what honest agents add to it: names, free texts, and defaults that are said."""
    added = {"category": [{"coding": [{"system": "urn:x", "code": "inpatient", "display": "Inpatient"}], "text": "Inpatient"}]}
    added |= {"note": [{"text": "As discussed."}], "identifier": [{"system": "urn:x", "value": "1"}], "language": "en"}
    if resource["resourceType"] != "Observation":
        added |= {"requester": {"display": "Dr Lee"}, "reasonCode": [{"text": "low"}], "doNotPerform": False}
    if "medicationCodeableConcept" in resource:
        (dosage,) = resource["dosageInstruction"]
        (given,) = dosage["doseAndRate"]
        quantity = given["doseQuantity"] | {"system": "http://unitsofmeasure.org", "code": given["doseQuantity"]["unit"]}
        kind = {"coding": [{"system": "urn:x", "code": "ordered", "display": "Ordered"}], "text": "Ordered"}
        told = {"text": "as told", "asNeededBoolean": False, "sequence": 1, "patientInstruction": "With water."}
        added |= {"dosageInstruction": [{**dosage, **told, "doseAndRate": [{"type": kind, "doseQuantity": quantity}]}]}
        added |= {"priority": "routine", "reportedBoolean": False}
    changed = {**added, **{name: value for name, value in resource.items() if name != "dosageInstruction"}}
    changed["subject"] = {**resource["subject"], "type": "Patient", "display": "the patient"}
    for name in ("code", "medicationCodeableConcept"):
        if "coding" in resource.get(name, {}):
            coding = [{**one, "display": "what it is"} for one in resource[name]["coding"]]
            changed[name] = {"coding": coding, "text": "what it is"}
    return changed


@pytest.mark.parametrize("family", [name for name, one in FAMILIES.items() if one.writes != "never"])
def test_every_field_of_an_order_counts_and_so_does_every_order(family):
    bench = Bench(patients=12, visits=1, tasks=6, families=(family,))
    record = next(one for one in bench.records() if bench.begin(one).task.goal.expected)
    solution = bench.begin(record).task.solution
    creates = [place for place, one in enumerate(solution) if isinstance(one, Create)]

    def outcome(actions):
        start, environment = bench.begin(record), bench.environment()
        assert start.task.solution == solution
        for one in actions:
            step = environment.step(one)
            assert step.observation.status < 400, step.observation.text
        return step.info.judgement.outcome

    assert outcome(solution) == "right"
    kindly = [Create(resource=polite(one.resource)) if isinstance(one, Create) else one for one in solution]
    assert kindly != list(solution) and outcome(kindly) == "right"
    for place in creates:
        tried = 0
        for resource in spoilt(solution[place].resource):
            assert outcome([*solution[:place], Create(resource=resource), *solution[place + 1 :]]) == "wrong change", resource
            tried += 1
        assert tried > 2
        assert outcome([*solution[:place], *solution[place + 1 :]]) in ("wrong change", "nothing done")
        assert outcome([*solution[: place + 1], *solution[place:]]) == "wrong change"


def test_an_order_that_nobody_needs_is_wrong(records):
    orders = {}
    for family in ("magnesium order", "potassium order", "hba1c order"):
        own = [(record, BENCH.begin(record).task) for record in records if record.tags["family"] == family]
        order = next(one for _, task in own for one in task.solution if isinstance(one, Create))
        record, task = next((record, task) for record, task in own if not task.goal.expected)
        moved = {**order.resource, "subject": {"reference": f"Patient/{record.subject_id}"}}
        BENCH.begin(record)
        for one in (*task.solution[:-1], Create(resource=moved), task.solution[-1]):
            orders[family] = BENCH.environment().step(one)
    assert {step.info.judgement.outcome for step in orders.values()} == {"wrong change"}


def test_equal_seeds_make_equal_records_and_others_make_others():
    check_source(SMALL)
    other = Bench(patients=12, visits=2, tasks=6, seed=1)
    texts, others = ({one.get("instruction", Text).value for one in bench.records()} for bench in (SMALL, other))
    assert not texts & others


def test_tasks_leave_the_clinic_as_it_was():
    bench = Bench(patients=12, visits=1, tasks=1, seed=3)
    clinic = bench.environment().clinic
    digest, task = clinic.digest(), bench.begin(bench.records()[0]).task
    for record in bench.records():
        conduct(bench, record, oracle)
    assert clinic.digest() != digest
    bench.environment().reset(lambda clinic, draw: task, 0)
    assert clinic.digest() == digest


def test_charts_are_fhir_r4():
    for person in people(12, seed=0).known[:6]:
        for resource in chart(person, visits=1, seed=0):
            checked(resource, "models")


def test_the_answer_does_not_stand_in_the_instruction(records):
    for record in records[:30]:
        number = BENCH.begin(record).task.solution[-1].answer
        assert number == "Patient not found" or number not in record.get("instruction", Text).value


def test_a_record_of_another_bench_is_refused():
    record = Bench(patients=12, visits=2, tasks=1, seed=7).records()[0]
    with pytest.raises(UserError, match="instruction"):
        SMALL.begin(record)
    with pytest.raises(UserError, match="no task of this bench"):
        SMALL._task("age of 3")
    for number in (5, 5001):
        with pytest.raises(UserError, match="12 or more, and there can be 5000"):
            people(number, seed=0)


def test_there_can_be_many_patients_of_whom_no_two_are_alike():
    many = people(5000, seed=0).known
    assert len({one.id for one in many}) == len({(one.given, one.family, one.born) for one in many}) == 5000
    assert sum((one.born.month, one.born.day) > (NOW.month, NOW.day) for one in many) == 1250


def test_episodes_can_be_played_in_turns():
    environment, records = SMALL.environment(), SMALL.records()[-3:]
    started = [(SMALL.begin(record).task, environment.moment()) for record in records]
    for place in range(max(len(task.solution) for task, _ in started)):
        for number, (task, moment) in enumerate(started):
            if place < len(task.solution):
                environment.go_on_from(moment)
                step = environment.step(task.solution[place])
                assert step.done == (place == len(task.solution) - 1) and step.reward == float(step.done)
                started[number] = task, environment.moment()


def test_an_episode_can_be_tried_in_several_ways_from_one_moment():
    environment = SMALL.environment()
    record = next(one for one in SMALL.records() if one.tags["family"] == "referral")
    task = SMALL.begin(record).task
    environment.step(task.solution[0])
    moment = environment.moment()
    for _ in range(2):
        environment.go_on_from(moment)
        assert environment.step(task.solution[1]).observation.status == 201
        assert environment.step(task.solution[2]).reward == 1.0
    environment.go_on_from(moment)
    assert environment.step(task.solution[2]).info.judgement.outcome == "nothing done"
    assert isinstance(task.solution[0], Search)
