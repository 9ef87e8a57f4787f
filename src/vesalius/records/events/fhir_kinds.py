"""What the resources of FHIR R4 that hold events are called, and where in them an event's time, code and status stand.

Of these resources R4B is the same as R4, so that the models of ``fhir.resources.R4B`` check both. R5 is not: there a
MedicationRequest's medication is a CodeableReference, an Encounter's class a list, and MedicationStatement has other statuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vesalius.records.events.faults import LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A resource that is an event.

    Attributes:
        name: of the resource.
        code: the field with what happened; ``medication`` is a choice of two.
        subject: the field with the patient.
        encounter: the field with the stay or visit.
        times: fields with the time, the first that is there; the first is written.
        period: of these, the one with a beginning and an end, or the field with the end alone; None if it can have no end.
        dosage: the field of the dosage; its dose is the number, its text the text.
        statuses: that an event may have, the one that is written where none is known first; empty if it needs none.
        not_done: statuses of what did not happen or was withdrawn; of a Condition or an allergy, where it was verified.
        timed: whether R4 demands a time.
    """

    name: str
    code: str = "code"
    subject: str = "subject"
    encounter: str = "encounter"
    times: tuple[str, ...]
    period: str | None = None
    dosage: str | None = None
    statuses: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    timed: bool = False


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="Encounter",
            code="class",
            encounter="partOf",
            times=("period",),
            period="period",
            statuses=("finished", "arrived", "triaged", "in-progress", "onleave", "unknown"),
            not_done=("planned", "cancelled", "entered-in-error"),
        ),
        Kind(
            name="Condition",
            times=("onsetDateTime", "onsetPeriod", "recordedDate"),
            period="abatementDateTime",
            statuses=("active", "recurrence", "relapse", "inactive", "remission", "resolved"),
            not_done=("refuted", "entered-in-error"),
        ),
        Kind(
            name="Observation",
            times=("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"),
            period="effectivePeriod",
            statuses=("final", "preliminary", "amended", "corrected", "registered", "unknown"),
            not_done=("cancelled", "entered-in-error"),
        ),
        Kind(
            name="MedicationRequest",
            code="medication",
            times=("authoredOn",),
            period="dispenseRequest",
            dosage="dosageInstruction",
            statuses=("unknown", "active", "on-hold", "completed", "stopped"),
            not_done=("cancelled", "draft", "entered-in-error"),
        ),
        Kind(
            name="MedicationStatement",
            code="medication",
            encounter="context",
            times=("effectiveDateTime", "effectivePeriod", "dateAsserted"),
            period="effectivePeriod",
            dosage="dosage",
            statuses=("unknown", "active", "completed", "intended", "stopped", "on-hold"),
            not_done=("not-taken", "entered-in-error"),
        ),
        Kind(
            name="MedicationAdministration",
            code="medication",
            encounter="context",
            times=("effectiveDateTime", "effectivePeriod"),
            period="effectivePeriod",
            statuses=("completed", "in-progress", "on-hold", "stopped", "unknown"),
            not_done=("not-done", "entered-in-error"),
            timed=True,
        ),
        Kind(
            name="MedicationDispense",
            code="medication",
            encounter="context",
            times=("whenHandedOver", "whenPrepared"),
            dosage="dosageInstruction",
            statuses=("completed", "preparation", "in-progress", "on-hold", "stopped", "unknown"),
            not_done=("cancelled", "declined", "entered-in-error"),
        ),
        Kind(
            name="Procedure",
            times=("performedDateTime", "performedPeriod"),
            period="performedPeriod",
            statuses=("completed", "in-progress", "on-hold", "stopped", "unknown"),
            not_done=("preparation", "not-done", "entered-in-error"),
        ),
        Kind(
            name="Immunization",
            code="vaccineCode",
            subject="patient",
            times=("occurrenceDateTime", "recorded"),
            statuses=("completed",),
            not_done=("not-done", "entered-in-error"),
        ),
        Kind(
            name="AllergyIntolerance",
            subject="patient",
            times=("onsetDateTime", "recordedDate"),
            statuses=("active", "inactive", "resolved"),
            not_done=("refuted", "entered-in-error"),
        ),
    )
}

_USUAL = {
    **dict.fromkeys(("ICD10CM", "ICD10", "ICD9CM"), "Condition"),
    **dict.fromkeys(("RxNorm", "NDC", "ATC"), "MedicationStatement"),
    **dict.fromkeys(("CPT", "HCPCS", "ICD10PCS"), "Procedure"),
    "CVX": "Immunization",
    "ActCode": "Encounter",
}


def kind_of(resource: str | None, code: str) -> Kind:
    """The kind that an event is meant to be: the one named, else the usual one of its code's system, an Observation else.

    >>> kind_of(None, "CVX//110").name, kind_of("Procedure", "CVX//110").name, kind_of(None, "LAB//K").name
    ('Immunization', 'Procedure', 'Observation')
    """
    return KINDS.get(resource or _USUAL.get(code.partition("//")[0], ""), KINDS["Observation"])


def check_status(kind: Kind, status: str | None) -> None:
    """See that an event of this kind may have this status; it may have none.

    Raises:
        LeftOut: if it did not happen or was withdrawn.
        ValueError: if R4 has no such status.
    """
    if status in kind.not_done:
        raise LeftOut(f"{kind.name} {status}")
    if status is not None and status not in kind.statuses:
        raise ValueError("is none that R4 has")


CLINICAL = {
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-clinical",
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
}
"""Resources whose status is a code of such a system, and may be missing."""

GENDERS = ("male", "female", "other", "unknown")

OWN_IDS = "urn:vesalius:id"
"""System of identifiers that keep an id which FHIR does not allow as one."""

BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"

_R4 = """Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary
    BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem
    ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
    CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement
    DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest
    EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
    FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization
    ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location
    Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest
    MedicationStatement MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
    MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
    MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader
    MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome
    Organization OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition
    Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup
    ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule
    SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance
    SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
    SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet
    VerificationResult VisionPrescription"""
R4_TYPES = frozenset(_R4.split())
"""All resources of R4; those that are not of ``KINDS``, Patient or Medication hold no events here and are left out."""
