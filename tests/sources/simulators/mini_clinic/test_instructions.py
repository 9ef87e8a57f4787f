from collections import Counter

from vesalius.checks import check_source
from vesalius.records import Text
from vesalius.sources.simulators.mini_clinic import world
from vesalius.sources.simulators.mini_clinic.instructions import TASKS, Instructions


def _by_task(count=4):
    found = {name: [] for name in TASKS}
    for record in Instructions(test=count * len(TASKS)).records():
        found[record.tags["task"]].append((record.get("instruction", Text).value, record.get("answer", Text).value))
    return found


def test_a_dozen_types_come_equally_often():
    source = Instructions(train=26, test=26)
    check_source(source)
    counts = Counter((record.tags["split"], record.tags["task"]) for record in source.records())
    assert len(TASKS) >= 12 and set(counts.values()) == {2}


def test_what_is_copied_stands_in_the_note():
    tasks = _by_task()
    for name in ("name diagnosis", "name treatment"):
        assert all(f" {answer}." in text for text, answer in tasks[name])
    for text, answer in tasks["list findings"]:
        assert answer in text


def test_what_is_computed_is_right():
    tasks = _by_task()
    for text, answer in tasks["count findings"]:
        assert int(answer) == text.removeprefix("Count the findings. ").count(",") + 1
    for text, answer in tasks["turn around"]:
        assert answer.split(", ")[::-1] == text.removeprefix("Put the findings backwards. ").removesuffix(".").split(", ")
    for text, answer in tasks["burden score"]:
        found = text.removeprefix("Compute the burden score. ").removesuffix(".").split(", ")
        assert int(answer.split(", ")[-1]) == sum(world().points[finding] for finding in found)
    for text, answer in tasks["possible or not"]:
        disease, finding = text.removeprefix("Can it be? ").removesuffix(".").split(" with ")
        assert answer == ("yes" if finding in world().findings[disease] else "no")


def test_an_instruction_of_the_test_is_not_one_that_is_learned_from_where_there_are_enough():
    records = Instructions(train=130, test=130, tasks=("list findings", "translate")).records()
    seen = [record.get("instruction", Text).value for record in records]
    assert len(set(seen)) == len(seen)
