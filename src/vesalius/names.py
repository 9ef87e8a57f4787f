"""The closed sets of names that the catalogue and the command line share; light to import."""

from typing import Literal

Size = Literal["smoke", "default", "paper"]
"""Smoke takes seconds, default minutes on two cores, paper is the published configuration."""

Area = Literal["segmentation", "vision", "generation", "vision_language", "language", "clinical_text", "agents", "ehr", "trust"]
Kind = Literal["method", "model", "benchmark", "dataset", "agent-system", "toolbox", "study", "survey"]
ModelUse = Literal["", "asked", "trained"]
"""What a system does with a language model."""
EngineName = Literal["local", "ray"]
Tier = Literal["packaged", "public", "simulator", "own"]
"""Where records come from: a package, a public release, a simulator, or the user's own folder."""
