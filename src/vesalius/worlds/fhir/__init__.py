"""A FHIR R4 store in process, and the same behind HTTP."""

from vesalius.worlds.fhir.access import ROLES, Audited, Caller, Role
from vesalius.worlds.fhir.calls import Answer, Call
from vesalius.worlds.fhir.clinic import Clinic, Snapshot
from vesalius.worlds.fhir.faults import Faults
from vesalius.worlds.fhir.refusals import Refusal

__all__ = ["ROLES", "Answer", "Audited", "Call", "Caller", "Clinic", "Faults", "Refusal", "Role", "Snapshot"]
