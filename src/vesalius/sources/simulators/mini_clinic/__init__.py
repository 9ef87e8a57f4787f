"""A clinic in miniature: a small world of medicine with known truth, in a controlled language.

Diseases and their findings are real, tests, treatments and rules invented; see ``docs/mini-clinic.md``.
"""

from vesalius.sources.documents import Document
from vesalius.sources.simulators.mini_clinic.documents import general_corpus, guidelines, misinformation, textbook
from vesalius.sources.simulators.mini_clinic.exams import Exam, Part
from vesalius.sources.simulators.mini_clinic.items import Level
from vesalius.sources.simulators.mini_clinic.world import World, world

__all__ = ["Document", "Exam", "Level", "Part", "World", "general_corpus", "guidelines", "misinformation", "textbook", "world"]
