"""The finding of a system as it is kept in the repository."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from vesalius.trials.config import load_config
from vesalius.trials.finding import Comparison, Finding
from vesalius.trials.run import Run
from vesalius.trials.store import Store

_MOST = 12


def write_evidence(run: Run, folder: Path) -> Path:
    """Write ``folder/NAME.json``: the finding, its costs, what it was made with; and bring ``folder/README.md`` up to date."""
    store = Store(run.folder)
    config, finished = load_config(store), store.json("finding.json")
    content = {
        "made_by": " --data ".join((f"vesalius evidence {config.name}", *config.settings["data"].split(","))),
        "digest": finished["digest"],
        "code": config.code,
        "seeds": config.seeds,
        "settings": config.settings,
        "environment": config.environment,
        "tasks": json.loads(config.to_json())["tasks"],
        "finding": finished["finding"],
        "costs": finished["costs"],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{config.name}.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(evidence_page(folder), encoding="utf-8")
    return path


def evidence_page(folder: Path) -> str:
    """What the evidence files of a folder show, as a page of Markdown: a verdict for every question or primary comparison.

    How people read a finding, such as why a method may not have won here, stands in ``readings/NAME.md`` of the folder.
    """
    parts = ["# Evidence\n\nMade by `vesalius evidence`; one file a system. Unflattering findings stay.\n"]
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        finding, settings = Finding.from_json(content["finding"]), content["settings"]
        failed = dict.fromkeys(f"{gate.name} ({gate.task})" for gate in finding.gates if gate.outcome == "failed")
        seeds = ", ".join(map(str, content["seeds"]))
        parts.append(
            f"## {settings['title']}\n\n"
            f"`{content['made_by']}`: size {settings['size']}, seeds {seeds}, data {settings['data']}{_model(settings)}.\n\n"
            f"**Claim.** {finding.claim}\n\n**Finding.** {finding.verdict}\n"
            + (f"\n**Failed gates.** {', '.join(failed)}.\n" if failed else "")
            + _reading(folder / "readings" / f"{path.stem}.md")
            + f"\n{_table(finding.comparisons)}"
        )
    return "\n".join(parts)


def _model(settings: Mapping[str, str]) -> str:
    """What answered, where it is named; else the shipped base model, or no language model at all."""
    return f", model {settings['model']}" if "model" in settings else ""


def _reading(file: Path) -> str:
    return f"\n**Reading.** {file.read_text(encoding='utf-8').strip()}\n" if file.is_file() else ""


def _table(comparisons: Sequence[Comparison]) -> str:
    """The primary comparisons; of many, those that are decided."""
    rows = ["| task | learner | baseline | metric | difference | interval | p | verdict |", "|---|---|---|---|---|---|---|---|"]
    primary = [comparison for comparison in comparisons if comparison.primary]
    for comparison in primary if len(primary) <= _MOST else [one for one in primary if one.verdict != "undecided"]:
        difference = comparison.difference
        rows.append(
            f"| {comparison.task} | {comparison.learner} | {comparison.baseline} | {comparison.metric} | {difference.value:+.3f} "
            f"| {difference.low:+.3f} to {difference.high:+.3f} | {comparison.p_adjusted:.3g} | {comparison.verdict} |"
        )
    left_out = len(primary) + 2 - len(rows)
    return "\n".join(rows) + "\n" + (f"\nAnd {left_out} undecided ones.\n" if left_out else "")
