"""Points of findings as the papers have them, written down a second time, and the rules that join several inputs."""

import pytest

from tests.calculators.drawing import healthy
from vesalius.calculators import CALCULATORS, Choice, YesNo, calculate

# what a finding adds to the points of a patient who has nothing
FINDINGS = {
    "cha2ds2-vasc": {1: "heart_failure hypertension vascular_disease diabetes sex=female", 2: "stroke"},
    "has-bled": {1: "hypertension renal_disease liver_disease stroke bleeding labile_inr drugs"},
    "heart-score": {
        0: "history=slightly_suspicious electrocardiogram=normal troponin=normal",
        1: "history=moderately_suspicious electrocardiogram=non-specific_repolarization_disturbance "
        "troponin=above_the_limit,_below_three_times hypertension hypercholesterolemia diabetes obesity smoking family_history",
        2: "history=highly_suspicious electrocardiogram=significant_ST_deviation troponin=three_times_the_limit_or_more "
        "atherosclerotic_disease",
    },
    "revised-cardiac-risk-index": {
        1: "elevated_risk_surgery ischemic_heart_disease heart_failure cerebrovascular_disease insulin"
    },
    "wells-pe": {1: "hemoptysis malignancy", 1.5: "immobile_or_surgery previous_pe_or_dvt", 3: "signs_of_dvt pe_most_likely"},
    "wells-dvt": {
        1: "active_cancer bedridden_or_surgery calf_swelling collateral_veins entire_leg_swollen tenderness pitting_edema "
        "paralysis_or_plaster previous_dvt",
        -2: "alternative_diagnosis",
    },
    "perc": {1: "leg_swelling hemoptysis surgery_or_trauma previous_pe_or_dvt hormones"},
    "caprini": {
        0: "surgery=none mobility=normal",
        1: "surgery=minor mobility=on_bed_rest recent_major_surgery heart_failure sepsis pneumonia varicose_veins swollen_legs "
        "inflammatory_bowel_disease myocardial_infarction copd hormones pregnancy pregnancy_loss",
        2: "surgery=major surgery=laparoscopic surgery=arthroscopic mobility=confined_to_bed_>72_hours plaster_cast "
        "central_venous_access malignancy",
        3: "previous_dvt_or_pe family_history factor_v_leiden prothrombin_20210a homocysteine lupus_anticoagulant "
        "anticardiolipin heparin_thrombocytopenia other_thrombophilia",
        5: "surgery=arthroplasty_of_hip_or_knee fracture stroke multiple_trauma spinal_cord_injury",
    },
    "curb-65": {1: "confusion"},
    "pneumonia-severity-index": {
        -10: "sex=female",
        10: "nursing_home_resident heart_failure cerebrovascular_disease renal_disease pleural_effusion",
        20: "liver_disease altered_mental_status",
        30: "neoplastic_disease",
    },
    "child-pugh": {
        0: "ascites=absent encephalopathy=none",
        1: "ascites=slight encephalopathy=grade_1-2",
        2: "ascites=moderate encephalopathy=grade_3-4",
    },
    "glasgow-blatchford": {0: "sex=female", 1: "melena", 2: "syncope hepatic_disease cardiac_failure"},
    "centor": {1: "tonsillar_exudate tender_lymph_nodes cough_absent"},
    "feverpain": {1: "fever cough_and_coryza_absent early_onset purulent_tonsils inflamed_tonsils"},
    "sirs": {},
    "qsofa": {},
    "sofa": {0: "ventilated"},
    "apache-ii": {
        0: "chronic_health=none acute_renal_failure",
        2: "chronic_health=yes,_after_elective_surgery",
        5: "chronic_health=yes,_without_surgery_or_after_emergency_surgery",
    },
    "news2": {
        0: "hypercapnic consciousness=alert",
        2: "oxygen",
        3: "consciousness=confused consciousness=voice consciousness=pain consciousness=unresponsive",
    },
    "abcd2": {0: "features=other", 1: "diabetes features=speech_disturbance", 2: "features=weakness_of_one_side"},
    "charlson": {
        0: "liver_disease=none diabetes=none_or_diet-controlled solid_tumor=none",
        1: "myocardial_infarction heart_failure peripheral_vascular_disease stroke_or_tia dementia chronic_pulmonary_disease "
        "connective_tissue_disease peptic_ulcer_disease liver_disease=mild diabetes=uncomplicated",
        2: "diabetes=end-organ_damage hemiplegia kidney_disease solid_tumor=localized leukemia lymphoma",
        3: "liver_disease=moderate_to_severe",
        6: "solid_tumor=metastatic aids",
    },
    "glasgow-coma-scale": {
        -5: "motor=none",
        -4: "verbal=none motor=extension_to_pain",
        -3: "eyes=none verbal=incomprehensible_sounds motor=flexion_to_pain",
        -2: "eyes=to_pain verbal=inappropriate_words motor=withdrawal_from_pain",
        -1: "eyes=to_voice verbal=confused motor=localizes_pain",
        0: "eyes=spontaneous verbal=oriented motor=obeys_commands",
    },
}
SPELLED = [(id, each, points) for id, groups in FINDINGS.items() for points, text in groups.items() for each in text.split()]


def _said(finding):
    name, _, option = finding.partition("=")
    return name, option.replace("_", " ") or True


def test_every_finding_of_every_score_is_written_down():
    written = {(id, *_said(finding)) for id, finding, _ in SPELLED}
    declared = set()
    for id, calculator in CALCULATORS.items():
        if calculator.kind == "score":
            declared |= {(id, each.name, True) for each in calculator.inputs if isinstance(each, YesNo)}
            # the sex of the healthy patient is male
            options = [(each, option) for each in calculator.inputs if isinstance(each, Choice) for option in each.options]
            declared |= {(id, each.name, option) for each, option in options if (each.name, option) != ("sex", "male")}
    assert written == declared


@pytest.mark.parametrize(("id", "finding", "points"), SPELLED)
def test_a_finding_has_the_points_of_the_paper(id, finding, points):
    base = healthy(CALCULATORS[id])
    name, value = _said(finding)
    assert calculate(id, {**base, name: value}).value - calculate(id, base).value == points


@pytest.mark.parametrize(
    ("id", "changed", "points"),
    [
        # two risk factors are still 1, three are 2
        ("heart-score", {"smoking": True, "obesity": True}, 1),
        ("heart-score", {"smoking": True, "obesity": True, "diabetes": True}, 2),
        # with support of breathing 3 and 4 points: PaO2/FiO2 of 190, 100, 95
        ("sofa", {"pao2": "95 mmHg", "fio2": "50 %", "ventilated": True}, 3),
        ("sofa", {"pao2": "100 mmHg", "fio2": "50 %", "ventilated": True}, 2),
        ("sofa", {"pao2": "60 mmHg", "fio2": "60 %", "ventilated": True}, 3),
        ("sofa", {"pao2": "57 mmHg", "fio2": "60 %", "ventilated": True}, 4),
        ("sofa", {"pao2": "57 mmHg", "fio2": "60 %"}, 2),
        ("sofa", {"epinephrine": "0.1 ug/kg/min"}, 3),
        ("sofa", {"epinephrine": "0.2 ug/kg/min"}, 4),
        ("sofa", {"dopamine": "15 ug/kg/min"}, 3),
        ("apache-ii", {"creatinine": "1.4 mg/dL", "acute_renal_failure": True}, 0),
        ("apache-ii", {"creatinine": "1.5 mg/dL", "acute_renal_failure": True}, 4),
        ("apache-ii", {"creatinine": "2 mg/dL", "acute_renal_failure": True}, 6),
        ("apache-ii", {"creatinine": "3.5 mg/dL", "acute_renal_failure": True}, 8),
        ("apache-ii", {"creatinine": "0.5 mg/dL", "acute_renal_failure": True}, 2),
        ("apache-ii", {"fio2": "49 %", "pao2": "60 mmHg", "a_a_gradient": "600 mmHg"}, 3),
        ("apache-ii", {"fio2": "50 %", "pao2": "60 mmHg", "a_a_gradient": "199 mmHg"}, 0),
        ("apache-ii", {"fio2": "50 %", "a_a_gradient": "200 mmHg"}, 2),
        ("apache-ii", {"fio2": "50 %", "a_a_gradient": "350 mmHg"}, 3),
        ("apache-ii", {"fio2": "80 %", "a_a_gradient": "500 mmHg"}, 4),
        ("glasgow-blatchford", {"sex": "female", "hemoglobin": "12 g/dL"}, 0),
        ("glasgow-blatchford", {"sex": "female", "hemoglobin": "11.9 g/dL"}, 1),
        ("glasgow-blatchford", {"sex": "female", "hemoglobin": "10 g/dL"}, 1),
        ("glasgow-blatchford", {"sex": "female", "hemoglobin": "9.9 g/dL"}, 6),
        # the second scale of saturation; 2 points are for the oxygen
        ("news2", {"hypercapnic": True, "oxygen_saturation": "83 %"}, 3),
        ("news2", {"hypercapnic": True, "oxygen_saturation": "84 %"}, 2),
        ("news2", {"hypercapnic": True, "oxygen_saturation": "86 %"}, 1),
        ("news2", {"hypercapnic": True, "oxygen_saturation": "88 %"}, 0),
        ("news2", {"hypercapnic": True, "oxygen_saturation": "97 %"}, 0),
        ("news2", {"hypercapnic": True, "oxygen": True, "oxygen_saturation": "92 %"}, 2),
        ("news2", {"hypercapnic": True, "oxygen": True, "oxygen_saturation": "93 %"}, 3),
        ("news2", {"hypercapnic": True, "oxygen": True, "oxygen_saturation": "95 %"}, 4),
        ("news2", {"hypercapnic": True, "oxygen": True, "oxygen_saturation": "97 %"}, 5),
    ],
)
def test_inputs_are_joined_as_in_the_paper(id, changed, points):
    base = healthy(CALCULATORS[id])
    assert calculate(id, {**base, **changed}).value - calculate(id, base).value == points
