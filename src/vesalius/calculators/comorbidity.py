"""Diseases that a patient has beside the one at hand."""

from vesalius.calculators.bands import bands, below
from vesalius.calculators.form import Choice, Quantity, YesNo
from vesalius.calculators.scoring import score

CALCULATORS = (
    score(
        id="charlson",
        name="Charlson comorbidity index (CCI)",
        inputs=(
            Quantity("age", "age", "a", 0, 120, points=bands(below(50, 0), below(60, 1), below(70, 2), below(80, 3), beyond=4)),
            YesNo("myocardial_infarction", "myocardial infarction", 1),
            YesNo("heart_failure", "congestive heart failure", 1),
            YesNo("peripheral_vascular_disease", "peripheral vascular disease", 1),
            YesNo("stroke_or_tia", "stroke or transient ischaemic attack", 1),
            YesNo("dementia", "dementia", 1),
            YesNo("chronic_pulmonary_disease", "chronic pulmonary disease", 1),
            YesNo("connective_tissue_disease", "connective tissue disease", 1),
            YesNo("peptic_ulcer_disease", "peptic ulcer disease", 1),
            Choice("liver_disease", "liver disease", {"none": 0, "mild": 1, "moderate to severe": 3}, default="none"),
            Choice(
                "diabetes",
                "diabetes mellitus",
                {"none or diet-controlled": 0, "uncomplicated": 1, "end-organ damage": 2},
                default="none or diet-controlled",
            ),
            YesNo("hemiplegia", "hemiplegia", 2),
            YesNo("kidney_disease", "moderate to severe chronic kidney disease", 2),
            Choice("solid_tumor", "solid tumour", {"none": 0, "localized": 2, "metastatic": 6}, default="none"),
            YesNo("leukemia", "leukaemia", 2),
            YesNo("lymphoma", "lymphoma", 2),
            YesNo("aids", "AIDS", 6),
        ),
        formula="1, 2, 3 or 6 for each disease; 1 for each decade from 50 years, at most 4",
        source="Charlson ME, et al. J Chronic Dis 1987;40:373-83; with age, Charlson M, et al. J Clin Epidemiol 1994;47:1245-51.",
        bounds=(0, 37),
        benchmark=32,
        words="mortality ten-year survival",
    ),
)
"""Calculators of comorbidity."""
