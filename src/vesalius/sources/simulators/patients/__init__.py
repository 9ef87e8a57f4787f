"""Patients of two hospitals over years: conditions, visits, labs, medicines and outcomes, with planted hazards."""

from vesalius.sources.simulators.patients.histories import EPOCH, Patients, event_table
from vesalius.sources.simulators.patients.simulate import DAYS, Lives, Spans, live

__all__ = ["DAYS", "EPOCH", "Lives", "Patients", "Spans", "event_table", "live"]
