"""``vesalius verify``: does a run still show what it says?"""

import json
import sys

import typer

from vesalius.cli.options import Json, RunFolder


def command(run: RunFolder, as_json: Json = False) -> None:
    """Recompute a run's scores and finding from its predictions; exit code 1 if anything differs."""
    from vesalius.trials.verify import verify

    problems = verify(run)
    if as_json:
        print(json.dumps({"run": str(run), "verified": not problems, "problems": problems}, indent=1))
    elif problems:
        print("\n".join(problems), file=sys.stderr)
        print(f"{run}: does NOT verify; {len(problems)} problems.", file=sys.stderr)
    else:
        print(f"{run}: verified; every file is as written, and the predictions give the scores and the finding.")
    if problems:
        raise typer.Exit(1)
