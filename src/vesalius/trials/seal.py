"""The seal of a finished run: the SHA-256 of every file that its finding rests on."""

from vesalius.errors import UserError
from vesalius.trials.store import Store


def changed_files(store: Store) -> list[str]:
    """What differs from the files that the finding names, a sentence each.

    Raises:
        UserError: if the folder is not a finished run.
    """
    content = store.json("finding.json")
    stated = content.get("files") if isinstance(content, dict) else None
    sealed = isinstance(content, dict) and {"digest", "finding", "costs"} <= content.keys()
    if not sealed or not isinstance(stated, dict) or not all(isinstance(digest, str) for digest in stated.values()):
        raise UserError(f"{store.folder / 'finding.json'}: not a finding; restore the file or run again.")
    problems = []
    found = store.manifest()
    for name, digest in stated.items():
        if name not in found:
            problems.append(f"{store.folder / name}: missing; restore the file or run again.")
        elif found[name] != digest:
            problems.append(
                f"{store.folder / name}: changed since the run; its SHA-256 is {found[name][:12]}, not {digest[:12]}."
            )
    problems += [f"{store.folder / name}: not part of the run; remove it." for name in found.keys() - stated.keys()]
    return problems
