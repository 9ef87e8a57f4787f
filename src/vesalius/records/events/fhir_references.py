"""References between FHIR resources, which may come before what they name."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vesalius.errors import UserError
from vesalius.records.events.faults import LeftOut
from vesalius.records.events.fhir_element import REMEDY, Element
from vesalius.records.events.fhir_kinds import OWN_IDS

_PENDING = "\0"
"""Before the reference to a medication whose code isn't known yet."""

_LINKS = ("partOf", "hasMember")


@dataclass(slots=True)
class References:
    """What was named, where first, and what was there.

    Attributes:
        urls: of a bundle, which resource stands under which full address.
        subjects: names of patients by id, of those that have been read.
        encounters, medications: the same of visits, and the codes of medications.
        visits: names of visits by id, as references tell them.
        named: where a resource was first named.
        links: of resources that are part of others or have members, what these are.
    """

    urls: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    encounters: dict[str, str] = field(default_factory=dict)
    medications: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    visits: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)

    def subject(self, resource: Element, name: str) -> str:
        """The reference to the patient, such as ``Patient/1``.

        Raises:
            UserError: if there is none.
        """
        whole = self._target(resource, name)
        if whole is None:
            raise resource.wrong(name, "has no reference to a patient")
        if whole.startswith("#"):
            raise resource.wrong(name, "is a contained patient, whom no other resource could name")
        kind = whole.rpartition("/")[0]
        if kind not in ("Patient", "") and not whole.startswith("urn:"):
            raise LeftOut(f"{resource.values['resourceType']} of a {kind}")
        self.named.setdefault(whole, resource.place)
        return whole

    def encounter(self, resource: Element, name: str) -> str | None:
        """The reference to the visit; None where there is none, or it is to something else."""
        reference = resource.object(name)
        whole = None if reference is None else self.target(reference)
        if reference is None or whole is None or not whole.startswith(("Encounter/", "urn:")):
            return None
        self.named.setdefault(whole, resource.place)
        identifier = reference.object("identifier")
        kept = None if identifier is None else kept_id(identifier)
        if kept is not None:
            self.visits.setdefault(whole.rpartition("/")[2], kept)
        return whole

    def medication(self, resource: Element) -> tuple[str, str | None]:
        """What stands for the code until all medications are known, or the code of a contained one."""
        reference = resource.object("medicationReference")
        named = reference.text("reference") if reference is not None else None
        if named is not None and named.startswith("#"):
            for contained in resource.objects("contained"):
                if contained.text("id") == named[1:]:
                    return medication_code(contained)
            raise resource.wrong("medicationReference", "names a medication that is not contained")
        whole = self._target(resource, "medicationReference")
        if whole is None:
            raise resource.wrong("medicationReference", "has no reference")
        self.named.setdefault(whole, resource.place)
        return _PENDING + whole, reference.text("display") if reference is not None else None

    def link(self, resource: Element, own: str) -> None:
        """Remember what the resource is part of, or has as members."""
        for name in _LINKS:
            if name not in resource.values:
                continue
            values = resource.values[name]
            each = resource.objects(name) if isinstance(values, list) else [one for one in [resource.object(name)] if one]
            for one in each:
                whole = self.target(one)
                if whole is not None:
                    # what is part of a thing and the members of a thing are told in opposite directions
                    ends = (own, whole) if name == "partOf" else (whole, own)
                    self.links.setdefault(ends[0], []).append(ends[1])
                    self.named.setdefault(ends[0], resource.place)

    def _target(self, resource: Element, name: str) -> str | None:
        reference = resource.object(name)
        return None if reference is None else self.target(reference)

    def target(self, reference: Element) -> str | None:
        """What a Reference names, as ``Type/id``; ``urn:...`` where that address is of no resource of the bundle.

        Raises:
            UserError: if it is conditional, so that only a server could tell.

        >>> References().target(Element("line 1", {"reference": "https://example.org/fhir/Patient/1/_history/2"}))
        'Patient/1'
        """
        named = reference.text("reference")
        if named is None or named in self.urls:
            return self.urls.get(named or "")
        if named.startswith("urn:"):
            return named
        if "?" in named:
            raise reference.wrong("reference", "is a search rather than the id of a resource")
        parts = named.partition("/_history/")[0].rstrip("/").split("/")
        return "/".join(parts[-2:])

    def subject_name(self, fault: Callable[[UserError], None]) -> Callable[[str], str | None]:
        """Gives the name of a subject for a reference; None, and a fault, for one that isn't there though others are."""

        def name(whole: str) -> str | None:
            own = whole.rpartition("/")[2]
            if own in self.subjects or not self.subjects:
                return self.subjects.get(own, own)
            fault(self._dangling(whole, "patient", "its events are left out"))
            return None

        return name

    def encounter_name(self, fault: Callable[[UserError], None]) -> Callable[[str], str | None]:
        """The same of a visit."""

        def name(whole: str) -> str | None:
            own = whole.rpartition("/")[2]
            if own in self.encounters or not self.encounters:
                return self.encounters.get(own) or self.visits.get(own, own)
            fault(self._dangling(whole, "encounter", "its events stay, without it"))
            return None

        return name

    def code(self, fault: Callable[[UserError], None]) -> Callable[[str], str | None]:
        """Gives the code of a medication for what stood for it; other codes are as they were."""

        def name(code: str) -> str | None:
            if not code.startswith(_PENDING):
                return code
            whole = code.removeprefix(_PENDING)
            found = self.medications.get(whole.rpartition("/")[2])
            if found is None:
                fault(self._dangling(whole, "medication", "its events are left out"))
            return found[0] if found else None

        return name

    def _dangling(self, whole: str, what: str, rest: str) -> UserError:
        place = self.named.get(whole, "the source")
        return UserError(f"{place}: names the {what} {whole[:80]!a}, which is not there ({rest}); add it or {REMEDY}.")

    def cycles(self, fault: Callable[[UserError], None]) -> None:
        """Tell of every resource that is, through others, part of itself; the events stay, for no link is kept."""
        done: set[str] = set()
        for start in self.links:
            path: dict[str, None] = {}
            ways = [(start, iter(self.links[start]))] if start not in done else []
            path[start] = None
            while ways:
                node, above = ways[-1]
                further = next(above, None)
                if further is None:
                    ways.pop()
                    path.pop(node)
                    done.add(node)
                elif further in path:
                    place = self.named.get(further, "the source")
                    around = list(path)[list(path).index(further) :]
                    fault(UserError(f"{place}: {' > '.join([*around, further])[:200]} is a cycle of parts; {REMEDY}."))
                elif further not in done and further in self.links:
                    path[further] = None
                    ways.append((further, iter(self.links[further])))


def kept_id(identifier: Element) -> str | None:
    """The id that FHIR does not allow as one, if the writer kept it in this identifier."""
    return identifier.text("value") if identifier.values.get("system") == OWN_IDS else None


def medication_code(medication: Element) -> tuple[str, str | None]:
    """The code of a Medication.

    Raises:
        UserError: if it has none.
    """
    code, display = medication.concept("code")
    if code is None:
        raise medication.wrong("code", "is missing")
    return code, display
