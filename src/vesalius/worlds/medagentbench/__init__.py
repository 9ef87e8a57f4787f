"""MedAgentBench (Jiang et al. 2025) in the clinic: ten families of tasks about fresh patients, judged by what was changed."""

from vesalius.worlds.medagentbench.bench import INSTRUCTION, NEEDS, Bench, clinic_of
from vesalius.worlds.medagentbench.families import FAMILIES, FamilyName, TaskFamily

__all__ = ["FAMILIES", "INSTRUCTION", "NEEDS", "Bench", "FamilyName", "TaskFamily", "clinic_of"]
