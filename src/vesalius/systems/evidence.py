"""The finding of a system as it is kept in the repository."""

import json
from pathlib import Path

from vesalius.trials.config import load_config
from vesalius.trials.run import Run
from vesalius.trials.store import Store


def write_evidence(run: Run, folder: Path) -> Path:
    """Write ``folder/NAME.json``: the finding, its costs, and what it was made with and how to make it again."""
    store = Store(run.folder)
    config, finished = load_config(store), store.json("finding.json")
    content = {
        "made_by": f"vesalius evidence {config.name}",
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
    return path
