"""``vesalius show``: one system."""

import inspect
import json
from dataclasses import asdict

from vesalius import catalogue
from vesalius.cli.options import Json, System


def command(id: System, as_json: Json = False) -> None:
    """Show a system: what it is, its claim, its baselines, its data and its evidence."""
    row = catalogue.row(id)
    if row.status == "planned":
        print(
            json.dumps(asdict(row), ensure_ascii=False)
            if as_json
            else f"{row.number}  {row.title}\n{row.area}, {row.kind}; planned."
        )
        return
    system = catalogue.system(row.id)
    document = inspect.getdoc(inspect.getmodule(system.learners)) or ""
    if as_json:
        shown = {
            **asdict(row),
            "claim": asdict(system.claim),
            "data": list(system.tasks),
            "seeds": system.seeds,
            "about": document,
        }
        print(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    print(f"{row.number}  {row.title}\n{row.area}, {row.kind}\n\n{document}\n")
    print(f"Claim: {system.claim.text}")
    for baseline, gain in system.claim.gains.items():
        print(f"  over {baseline}: {system.claim.metric} {gain:+.3f}")
    print(f"Data: {', '.join(system.tasks)}")
    print(f"Run:  vesalius run {system.id}")
