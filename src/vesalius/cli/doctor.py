"""``vesalius doctor``: what works on this machine."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec

from vesalius.cli.extras import EXTRAS, missing
from vesalius.cli.options import Json
from vesalius.sources.public.root import VARIABLE, data_root


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; a remedy where it is not well."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


def command(as_json: Json = False) -> None:
    """Check Python, the optional parts, the processor and the data, and say what to do about what is missing."""
    checks = [_python(), *(_extra(name) for name in EXTRAS), _torchvision(), _processor(), _data()]
    if as_json:
        print(json.dumps([asdict(check) for check in checks], indent=1))
        return
    for check in checks:
        print(f"{'ok  ' if check.well else 'MISS'} {check.name:12} {check.detail}")
        if check.remedy:
            print(f"{'':17} {check.remedy}")


def _python() -> Check:
    return Check("python", sys.version_info >= (3, 11), sys.version.split()[0])


def _extra(name: str) -> Check:
    absent = missing(name)
    found = [f"{package} {version(package)}" for package in EXTRAS[name] if package not in absent]
    detail = ", ".join(found + [f"{package} missing" for package in absent])
    return Check(name, not absent, detail, f"pip install 'vesalius[{name}]'" if absent else "")


def _torchvision() -> Check:
    """A torchvision of another build breaks transformers even where nobody uses it."""
    if find_spec("torchvision") is None:
        return Check("torchvision", True, "absent; nothing here needs it")
    try:
        import torchvision  # type: ignore[import-not-found]  # noqa: F401
    except Exception as error:
        # what a broken binary raises on import is not known beforehand
        return Check("torchvision", False, f"does not import ({type(error).__name__})", "pip uninstall torchvision")
    return Check("torchvision", True, "imports")


def _processor() -> Check:
    cores = os.cpu_count() or 1
    if find_spec("torch") is None:
        return Check("processor", True, f"{cores} cores")
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return Check("processor", True, f"{cores} cores, {gpu}")


def _data() -> Check:
    root = data_root()
    if root is None:
        return Check("data", False, "no folder of public data", f"set {VARIABLE}; packaged sets and simulators run without it")
    return Check("data", True, str(root))
