"""Gates on whom, when and under which licence."""

from vesalius.tasks import Split, Task
from vesalius.trials.finding import Gate, GateOutcome


def gate_of(task: Task, name: str, outcome: GateOutcome, detail: str) -> Gate:
    """What a gate found on a task."""
    return Gate(task=task.name, name=name, outcome=outcome, detail=detail)


def counted(number: int, thing: str) -> str:
    """A number of things.

    >>> counted(1, "subject"), counted(2, "subject")
    ('1 subject', '2 subjects')
    """
    return f"{number} {thing}" + ("" if number == 1 else "s")


def subjects_apart(task: Task, split: Split) -> Gate:
    """No subject is both in what is learned from and in what is tested on."""
    name = "subjects apart"
    if not split.train:
        return gate_of(task, name, "not applicable", "nothing is trained on records of this task")
    learned = {record.subject_id for record in (*split.train, *split.validation)}
    shared = learned & {record.subject_id for record in split.test}
    if shared:
        return gate_of(
            task,
            name,
            "failed",
            f"{counted(len(shared), 'subject')} in both training and test: the score is of subjects already seen",
        )
    return gate_of(task, name, "passed", f"{counted(len(learned), 'subject')} to learn from, none of them tested")


def time_order(task: Task, split: Split) -> Gate:
    """Where records carry time, nothing tested is older than something learned from."""
    name = "time order"
    learned = [record.time for record in (*split.train, *split.validation) if record.time]
    tested = [record.time for record in split.test if record.time]
    if not learned or not tested:
        return gate_of(task, name, "not applicable", "records carry no time, or nothing is trained")
    late = sum(time > min(tested) for time in learned)
    if late:
        return gate_of(
            task, name, "failed", f"{counted(late, 'training record')} later than the first test record; split by time"
        )
    return gate_of(task, name, "passed", "all training records are older than the test records")


def licence_known(task: Task, split: Split) -> Gate:
    """Every record says under which licence it may be used."""
    name = "licence known"
    if not task.inputs and not split.train:
        return gate_of(task, name, "not applicable", "predictions made elsewhere; the records are not at hand")
    records = (*split.train, *split.validation, *split.test)
    unknown = sum(not record.licence for record in records)
    if unknown:
        return gate_of(task, name, "failed", f"{unknown} of {len(records)} records carry no licence; ask their owner")
    return gate_of(task, name, "passed", "; ".join(sorted({str(record.licence) for record in records})))
