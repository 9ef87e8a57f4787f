"""Who may do what, and the log of who did what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from vesalius.worlds.fhir.refusals import Refusal

Interaction = Literal["read", "search", "create", "update", "patch", "delete"]
"""As FHIR names them; a role that may read may also read versions and histories."""

Logged = Literal[Interaction, "history", "batch", "transaction", "capabilities", "unknown"]

READING: frozenset[Interaction] = frozenset({"read", "search"})
WRITING: frozenset[Interaction] = READING | {"create", "update", "patch"}
EVERYTHING: frozenset[Interaction] = frozenset(get_args(Interaction))


@dataclass(frozen=True, slots=True)
class Role:
    """What may be done to each type.

    Attributes:
        name: of the role.
        usual: what may be done to types that are not named.
        of_type: what may be done to the others.
    """

    name: str
    usual: frozenset[Interaction]
    of_type: Mapping[str, frozenset[Interaction]] = field(default_factory=dict)

    def may(self, interaction: Interaction, kind: str) -> bool:
        """Whether this may be done to resources of a type.

        >>> ROLES["nurse"].may("create", "Observation"), ROLES["nurse"].may("create", "MedicationRequest")
        (True, False)
        """
        return interaction in self.of_type.get(kind, self.usual)


_NURSING = ("Observation", "MedicationAdministration", "Procedure", "Communication", "Immunization", "DocumentReference")
_MEDICAL = (
    *_NURSING,
    *("Condition", "MedicationRequest", "MedicationStatement", "ServiceRequest", "DiagnosticReport", "AllergyIntolerance"),
    *("CarePlan", "Appointment", "Encounter"),
)

ROLES: Mapping[str, Role] = {
    "read-only": Role("read-only", READING),
    "nurse": Role("nurse", READING, dict.fromkeys(_NURSING, WRITING)),
    "physician": Role("physician", READING, dict.fromkeys(_MEDICAL, WRITING)),
    "administrator": Role("administrator", EVERYTHING),
}
"""The roles that the clinic comes with; any other can be built."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and in which role."""

    name: str
    role: Role

    def demand(self, interaction: Interaction, kind: str) -> None:
        """Nothing, where it may be done.

        Raises:
            Refusal: 403 where not.
        """
        if not self.role.may(interaction, kind):
            raise Refusal(403, f"{kind}: the role {self.role.name!r} may not {interaction} it; call in another role.")

    def may_search(self, kind: str) -> None:
        """Nothing, where resources of a type may be searched.

        Raises:
            Refusal: 403 where not.
        """
        self.demand("search", kind)


@dataclass(frozen=True, slots=True)
class Audited:
    """One call; never what was sent or answered.

    Attributes:
        moment: on the clinic's clock.
        caller, role: who.
        interaction: what.
        target: type and id, as far as the call names them.
        status: HTTP status of the answer.
    """

    moment: datetime
    caller: str
    role: str
    interaction: Logged
    target: str
    status: int
