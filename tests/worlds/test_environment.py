import json

import pytest

from vesalius.errors import UserError
from vesalius.worlds.difference import difference
from vesalius.worlds.environment import Environment, idle, oracle, play
from vesalius.worlds.examples import blood_pressure, clinic_of, last_hba1c, magnesium
from vesalius.worlds.fhir import ROLES, Call, Caller, Faults
from vesalius.worlds.tools import Create, Finish, Read, Search, Update, action

PHYSICIAN = Caller("agent", ROLES["physician"])
MAKERS = (blood_pressure, magnesium, last_hba1c)


def environment(**options):
    return Environment(clinic_of(patients=4, seed=0), PHYSICIAN, **options)


@pytest.mark.parametrize("make", MAKERS)
def test_the_oracle_solves_every_task_and_who_does_nothing_only_those_with_nothing_to_do(make):
    place = environment()
    for seed in range(12):
        step = play(place, make, seed, oracle)
        assert (step.reward, step.info.judgement.outcome) == (1.0, "right")
        goal = place.reset(make, seed).task.goal
        nothing_to_do = not goal.expected and goal.answer is None
        assert play(place, make, seed, idle).reward == float(nothing_to_do)


def test_magnesium_is_ordered_for_some_patients_and_not_for_others():
    place = environment()
    assert {len(place.reset(magnesium, seed).task.goal.expected) for seed in range(12)} == {0, 1}


@pytest.mark.parametrize("make", [blood_pressure, magnesium])
def test_what_is_right_but_for_the_patient_is_worth_nothing(make):
    place = environment()
    seed = next(seed for seed in range(20) if place.reset(make, seed).task.goal.expected)
    task = place.reset(make, seed).task
    other = "patient-0" if task.goal.patient != "patient-0" else "patient-1"
    for one in task.solution:
        if isinstance(one, Create):
            one = Create(resource={**one.resource, "subject": {"reference": f"Patient/{other}"}})
        step = place.step(one)
    assert step.done and step.reward == 0.0 and step.info.judgement.outcome == "wrong patient"


def solved(make, change, *more, seed=3):
    place = environment()
    task = place.reset(make, seed).task
    actions = [change(one) if isinstance(one, Create) else one for one in task.solution]
    for one in [*actions[:-1], *more]:
        assert place.step(one).observation.status < 400
    return place.step(actions[-1]).info.judgement.outcome


def with_fields(**fields):
    return lambda one: Create(resource={**one.resource, **fields})


def test_the_right_resource_needs_the_right_fields_once_and_nothing_else_touched():
    assert solved(blood_pressure, lambda one: one) == "right"
    for harmless in (
        {"note": [{"text": "sitting"}], "category": [{"coding": [{"code": "vital-signs"}], "text": "Vital signs"}]},
        {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">BP</div>'}, "language": "en"},
        {"identifier": [{"system": "urn:x", "value": "1"}], "performer": [{"display": "Dr Lee"}]},
        {"meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bp"]}},
    ):
        assert solved(blood_pressure, with_fields(**harmless)) == "right", harmless
    assert solved(blood_pressure, with_fields(status="preliminary")) == "wrong change"
    assert solved(blood_pressure, with_fields(effectiveDateTime="2024-02-29T08:00:00Z")) == "wrong change"
    assert solved(blood_pressure, with_fields(modifierExtension=[{"url": "urn:x", "valueBoolean": True}])) == "wrong change"
    other = {
        "resourceType": "Communication",
        "status": "completed",
    }
    assert solved(blood_pressure, lambda one: one, Create(resource=other)) == "wrong change"
    task = environment().reset(blood_pressure, 3).task
    assert solved(blood_pressure, lambda one: one, task.solution[0]) == "wrong change"


@pytest.mark.parametrize(
    "more",
    [
        {"issued": "2024-03-01T00:00:00Z"},
        {"valueString": "300/200 mmHg"},
        {"dataAbsentReason": {"text": "not done"}},
        {"meta": {"tag": [{"code": "discard"}]}},
        {"extension": [{"url": "urn:x", "valueString": "x"}]},
        {"contained": [{"resourceType": "Medication", "id": "m"}]},
        {"bodySite": {"coding": [{"code": "x"}], "text": "arm"}},
    ],
)
def test_nothing_stands_in_a_created_resource_that_the_goal_does_not_look_at(more):
    assert solved(blood_pressure, with_fields(**more)) == "wrong change"


@pytest.mark.parametrize(
    "change",
    [
        {"system": "urn:x"},
        {"unit": "kPa"},
        {"comparator": "<"},
        {"extension": [{"url": "urn:x", "valueBoolean": True}]},
    ],
)
def test_nothing_stands_within_a_field_either(change):
    def changed(one):
        first, second = json.loads(json.dumps(one.resource["component"]))
        first["valueQuantity"] |= change
        return Create(resource={**one.resource, "component": [first, second]})

    assert solved(blood_pressure, changed) == "wrong change"


def test_a_part_of_a_resource_has_one_value():
    def doubled(one):
        first, second = json.loads(json.dumps(one.resource["component"]))
        return Create(resource={**one.resource, "component": [first | {"interpretation": [{"text": "low"}]}, second]})

    assert solved(blood_pressure, doubled) == "wrong change"


def test_a_default_may_be_said_and_its_contrary_may_not():
    seed = next(seed for seed in range(20) if environment().reset(magnesium, seed).task.goal.expected)

    def outcome(resource, **dosage):
        def change(one):
            (given,) = one.resource["dosageInstruction"]
            return Create(resource={**one.resource, **resource, "dosageInstruction": [{**given, **dosage}]})

        return solved(magnesium, change, seed=seed)

    said = {"doNotPerform": False, "priority": "routine", "reportedBoolean": False}
    assert outcome(said, asNeededBoolean=False, sequence=1, text="2 g once", timing={"repeat": {"count": 1}}) == "right"
    for contrary in ({"doNotPerform": True}, {"priority": "stat"}, {"reportedBoolean": True}):
        assert outcome(contrary) == "wrong change"
    for contrary in ({"asNeededBoolean": True}, {"timing": {"repeat": {"count": 24}}}):
        assert outcome({}, **contrary) == "wrong change"
    assert outcome({}, modifierExtension=[{"url": "urn:x", "valueBoolean": True}]) == "wrong change"


@pytest.mark.parametrize(
    ("field", "target", "own"),
    [
        ("performer", "Patient/{}", "right"),
        ("encounter", "Encounter/{}", "right"),
        ("hasMember", "Observation/{}-4548-4-0/_history/1", "wrong change"),
    ],
)
def test_a_reference_to_another_patient_s_record_is_one_to_the_wrong_patient(field, target, own):
    def visited(clinic, draw):
        visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}}
        patients = [f"patient-{number}" for number in range(4)]
        clinic.load([{**visit, "id": one, "subject": {"reference": f"Patient/{one}"}} for one in patients])
        return blood_pressure(clinic, draw)

    def outcome(patient):
        led = {"reference": target.format(patient)}
        place.reset(visited, 3)
        resource = {**task.solution[0].resource, field: led if field == "encounter" else [led]}
        assert place.step(Create(resource=resource)).observation.status == 201
        return place.step(Finish()).info.judgement.outcome

    place = environment()
    task = place.reset(visited, 3).task
    assert outcome(task.goal.patient) == own
    assert outcome("patient-0" if task.goal.patient != "patient-0" else "patient-1") == "wrong patient"


def test_what_is_labelled_is_changed():
    place = environment()
    task = place.reset(blood_pressure, 3).task
    theirs = next(
        one
        for one in place.clinic.resources()
        if one["resourceType"] == "Observation" and one["subject"]["reference"] != f"Patient/{task.goal.patient}"
    )
    place.step(task.solution[0])
    hidden = {**theirs, "meta": {**theirs["meta"], "security": [{"system": "urn:x", "code": "V"}], "tag": [{"code": "discard"}]}}
    assert place.step(Update(resource=hidden)).observation.status == 200
    assert place.step(Finish()).info.judgement.outcome == "wrong patient"
    assert difference(place.clinic, place._start).changed["Observation", theirs["id"]].paths == ("meta.security", "meta.tag")


def test_naming_several_values_in_the_hope_that_one_is_right_is_wrong():
    def hedged(one):
        parts = one.resource["component"]
        wrong = json.loads(json.dumps(parts[0]))
        wrong["valueQuantity"]["value"] = 1
        return Create(resource={**one.resource, "component": [*parts, wrong]})

    assert solved(blood_pressure, hedged) == "wrong change"


def test_a_change_of_another_patient_s_resource_is_found_even_when_it_is_moved():
    place = environment()
    task = place.reset(blood_pressure, 3).task
    theirs = next(
        one
        for one in place.clinic.resources()
        if one["resourceType"] == "Observation" and one["subject"]["reference"] != f"Patient/{task.goal.patient}"
    )
    moved = {**theirs, "subject": {"reference": f"Patient/{task.goal.patient}"}}
    assert place.step(Update(resource=moved)).observation.status == 200
    assert place.step(Finish()).info.judgement.outcome == "wrong patient"


def test_a_task_of_changing_a_field_allows_that_field_only():
    from vesalius.worlds.environment import Task
    from vesalius.worlds.goals import Expected, Goal
    from vesalius.worlds.requirements import Equals

    fields = {"status": Equals("amended"), "valueQuantity.value": Equals(5.0)}
    place = environment()
    before = next(one for one in place.clinic.resources() if one["resourceType"] == "Observation")
    expected = Expected(kind="Observation", change="changed", identifier=before["id"], fields=fields)
    goal = Goal(patient=before["subject"]["reference"].partition("/")[2], expected=(expected,))

    def outcome(**changes):
        place.reset(lambda clinic, draw: Task(identifier="amend", instruction="", goal=goal, solution=()), 0)
        assert place.step(Update(resource={**before, **changes})).observation.status == 200
        return place.step(Finish()).info.judgement.outcome

    value = {**before["valueQuantity"], "value": 5.0}
    assert outcome(status="amended", valueQuantity=value) == "right"
    assert outcome(status="amended", valueQuantity={**value, "unit": "g"}) == "wrong change"
    assert outcome(status="amended", valueQuantity=value, issued="2024-03-01T00:00:00Z") == "wrong change"
    assert outcome() == "nothing done"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda v: v + 0.04, "right"),
        (str, "right"),
        (lambda v: [v], "right"),
        (lambda v: v + 0.2, "wrong answer"),
        (lambda v: f"It is {v}.", "wrong answer"),
        (lambda v: [v, v + 1], "wrong answer"),
        (lambda v: None, "no answer"),
    ],
)
def test_an_answer_is_judged_by_type_and_with_its_tolerance(answer, outcome):
    place = environment()
    value = place.reset(last_hba1c, 2).task.solution[-1].answer
    assert place.step(Finish(answer=answer(value))).info.judgement.outcome == outcome


def test_a_right_answer_does_not_make_up_for_a_change_that_nobody_asked_for():
    place = environment()
    task = place.reset(last_hba1c, 2).task
    note = {"resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{task.goal.patient}"}}
    place.step(Create(resource=note))
    assert place.step(task.solution[-1]).info.judgement.outcome == "wrong change"


def test_an_episode_leaves_no_trace_and_repeats_with_its_seed():
    clinic = clinic_of(patients=4, seed=0, faults=Faults(unavailable=0.3))
    place, digest = Environment(clinic, PHYSICIAN), clinic.digest()

    def run(seed):
        task = place.reset(blood_pressure, seed).task
        seen = [place.step(task.solution[0]).observation for _ in range(10)]
        return seen, place.clinic.audit()

    first = run(1)
    assert run(2) != first and run(1) == first
    place.reset(blood_pressure, 1)
    assert clinic.digest() == digest


def test_steps_are_limited_and_counted_and_who_never_finishes_has_not_solved_the_task():
    place = environment(max_steps=4)
    task = place.reset(blood_pressure, 0).task
    assert not place.step(task.solution[0]).done
    assert place.step(Read(resource_type="Patient", id="nobody")).observation.status == 404
    with pytest.raises(UserError) as error:
        action("create", "{")
    assert place.step(error.value).observation.status == 400
    last = place.step(Search(resource_type="Patient", parameters={"name": ["Family", "Fam"]}))
    assert last.done and last.info.ended == "out of steps"
    assert (last.reward, last.info.judgement.outcome) == (0.0, "not finished")
    assert (last.info.steps, last.info.reads, last.info.writes, last.info.refused) == (4, 1, 1, 2)
    with pytest.raises(UserError, match="reset"):
        place.step(Finish())


def test_a_write_of_the_same_content_is_no_difference_and_a_deletion_of_what_was_made_neither():
    clinic = clinic_of(patients=2, seed=0)
    caller, start = Caller("t", ROLES["administrator"]), clinic.snapshot()
    body = dict(clinic.latest(("Patient", "patient-0")).resource)
    assert clinic.call(Call("PUT", "/Patient/patient-0", body=body), caller).status == 200
    made = clinic.call(Call("POST", "/Patient", body=body), caller).body["id"]
    assert list(difference(clinic, start).created) == [("Patient", made)]
    assert clinic.call(Call("DELETE", f"/Patient/{made}"), caller).status == 204
    assert len(difference(clinic, start)) == 0
    clinic.snapshot()
    clinic.call(Call("PUT", "/Patient/patient-1", body={**body, "id": "patient-1"}), caller)
    assert list(difference(clinic, start).changed) == [("Patient", "patient-1")]


def test_a_goal_of_two_resources_pairs_them_with_what_was_made_whatever_the_order():
    from vesalius.worlds.difference import StateDifference
    from vesalius.worlds.goals import Expected, Goal, judge
    from vesalius.worlds.requirements import Equals, OneOf

    wide = Expected(kind="Observation", fields={"status": OneOf(("final", "amended"))})
    narrow = Expected(kind="Observation", fields={"status": Equals("final")})
    made = {("Observation", str(n)): {"resourceType": "Observation", "status": s} for n, s in enumerate(("final", "amended"))}
    state = StateDifference(created=made)
    assert judge(Goal(expected=(wide, narrow)), state).score == judge(Goal(expected=(narrow, wide)), state).score == 1.0
    assert judge(Goal(expected=(narrow, narrow)), state).score == 0.0
