"""Events of many patients in columns, and the formats that they are kept in."""

from vesalius.records.events.table import EventTable

__all__ = ["EventTable"]
