"""Records: one sample of any modality, as typed fields."""

from vesalius.records.fields import (
    Boxes,
    Choices,
    Events,
    Field,
    Image,
    Label,
    Mask,
    Points,
    Signal,
    Survival,
    Text,
    Vector,
    Volume,
)
from vesalius.records.geometry import Geometry
from vesalius.records.record import Record, digest_of

__all__ = [
    "Boxes",
    "Choices",
    "Events",
    "Field",
    "Geometry",
    "Image",
    "Label",
    "Mask",
    "Points",
    "Record",
    "Signal",
    "Survival",
    "Text",
    "Vector",
    "Volume",
    "digest_of",
]
