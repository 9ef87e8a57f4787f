"""The five families of tasks that ask: record number, age, last magnesium of a day, mean glucose of a day, last glucose.

Nothing may be changed by who answers them.
"""

from collections import Counter
from datetime import date, timedelta
from statistics import fmean

from vesalius.worlds.medagentbench.codes import GLUCOSE, MAGNESIUM, Lab
from vesalius.worlds.medagentbench.patients import Person
from vesalius.worlds.medagentbench.posing import NOBODY, NOTHING, Posed, Scene, finish, look_up, posed, results
from vesalius.worlds.requirements import Near, OneOf
from vesalius.worlds.tools import Search

RECORD_NUMBER_CASES = ("known", "namesake", "known", "namesake", "stranger", "other birth date")
AGE_CASES = ("birthday past", "birthday to come")
LAST_OF_A_DAY_CASES = ("once", "several", "once", "several", "too old", "never")
MEAN_OF_A_DAY_CASES = ("several", "once", "several", "several", "too old", "never")
LAST_CASES = ("once", "several", "too old", "several", "never")


def record_number(scene: Scene, case: str) -> Posed:
    """The number of who has this name and date of birth, where there is somebody."""
    person = _asked_for(scene, case)
    known = case in ("known", "namesake")
    born = person.born if case != "other birth date" else _nobody_s(person, scene)
    parameters: dict[str, str | list[str]] = {"family": person.family, "given": person.given, "birthdate": born.isoformat()}
    answer = person.mrn if known else NOBODY
    return posed(
        scene,
        person,
        f"What is the MRN of the patient with name {person.given} {person.family} and date of birth {born.isoformat()}? "
        f'If there is no such patient, answer "{NOBODY}".',
        solution=(Search(resource_type="Patient", parameters=parameters), finish(answer)),
        answer=OneOf((answer,)),
        known=known,
    )


def _asked_for(scene: Scene, case: str) -> Person:
    if case == "stranger":
        return scene.one_of(scene.people.strangers)
    names = Counter((one.given, one.family) for one in scene.people.known)
    doubled = case == "namesake"
    fitting = [one for one in scene.people.known if (names[one.given, one.family] > 1) == doubled]
    # of very many, nobody has a name that nobody else has
    return scene.one_of(fitting or scene.people.known)


def _nobody_s(person: Person, scene: Scene) -> date:
    """A birth date near the person's that nobody here has."""
    taken = {one.born for one in scene.people.known}
    near = [person.born + timedelta(days=days) for days in (1, -1, 10, -10, 31, -31, 365, -365)]
    return scene.draw.choice([day for day in near if day not in taken])


def age(scene: Scene, case: str) -> Posed:
    """Whole years."""
    today = scene.now.date()
    past = [one for one in scene.people.known if (one.born.month, one.born.day) <= (today.month, today.day)]
    person = scene.one_of(past if case == "birthday past" else [one for one in scene.people.known if one not in past])
    years = today.year - person.born.year - (case == "birthday to come")
    return posed(
        scene,
        person,
        f"What is the age, in whole years, of the patient with MRN {person.mrn}? Answer with the number.",
        solution=(look_up(person), finish(years)),
        answer=Near(years),
    )


def last_magnesium(scene: Scene, case: str) -> Posed:
    """The last value of the last 24 hours."""
    person, values, _ = _measured(scene, case, MAGNESIUM)
    value = values[-1] if values else NOTHING
    return posed(
        scene,
        person,
        f"What is the most recent {MAGNESIUM.name} (code {MAGNESIUM.short}) of the patient with MRN {person.mrn} within the last "
        f"24 hours, in {MAGNESIUM.unit}? Answer with the number; if there is none, answer {NOTHING}.",
        solution=(look_up(person), results(person, MAGNESIUM), finish(value)),
        answer=Near(value),
    )


def mean_glucose(scene: Scene, case: str) -> Posed:
    """The mean of the last 24 hours."""
    person, values, _ = _measured(scene, case, GLUCOSE)
    value = fmean(values) if values else NOTHING
    return posed(
        scene,
        person,
        f"What is the average {GLUCOSE.name} (code {GLUCOSE.short}) of the patient with MRN {person.mrn} over the last 24 hours, "
        f"in {GLUCOSE.unit}? Answer with the number, to one decimal; if none was measured, answer {NOTHING}.",
        solution=(look_up(person), results(person, GLUCOSE), finish(value)),
        answer=Near(value, 0.1),
    )


def last_glucose(scene: Scene, case: str) -> Posed:
    """The last value, however old."""
    person, values, earlier = _measured(scene, case, GLUCOSE)
    value = [NOTHING, *earlier, *values][-1]
    return posed(
        scene,
        person,
        f"What is the most recent {GLUCOSE.name} (code {GLUCOSE.short}) of the patient with MRN {person.mrn}, in {GLUCOSE.unit}? "
        f"Answer with the number; if it was never measured, answer {NOTHING}.",
        solution=(look_up(person), results(person, GLUCOSE), finish(value)),
        answer=Near(value),
    )


def _measured(scene: Scene, case: str, lab: Lab) -> tuple[Person, list[float], list[float]]:
    """A patient with results as the case has it: those of the last 24 hours, the earliest first, and those of the day before."""
    person = scene.patient(tested=case != "never")
    earlier = [] if case in ("never", "several") else [_value(scene, lab)]
    scene.plant(person, lab, [scene.before_a_day() for _ in earlier], earlier)
    count = {"once": 1, "several": scene.draw.randint(2, 5)}.get(case, 0)
    values = [_value(scene, lab) for _ in range(count)]
    scene.plant(person, lab, scene.within_a_day(count), values)
    return person, values, earlier


def _value(scene: Scene, lab: Lab) -> float:
    return round(max(scene.draw.gauss(lab.usual, 2 * lab.spread), lab.usual / 3), lab.digits)
