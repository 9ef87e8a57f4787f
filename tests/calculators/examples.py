"""Published worked examples of equations, dates and conversions: calculator, inputs and result as in the source, source.

MedCalc-Bench: Khandekar N, et al. MedCalc-Bench: evaluating large language models for medical calculations, NeurIPS 2024; the
worked one-shot example of each of its 55 calculators, in github.com/ncbi-nlp/MedCalc-Bench,
evaluation/one_shot_finalized_explanation.json. The calculators that it lacks have examples of a textbook, a journal, and
other calculators' pages, which are named. Where no published one is at hand the arithmetic stands beside the numbers, from the
formula in the paper that the calculator cites.
"""

BENCH = "MedCalc-Bench, one-shot example"

EXAMPLES = [
    ("bmi", {"weight": "68 kg", "height": "182 cm"}, 20.52892, BENCH),
    ("body-surface-area", {"weight": "85 kg", "height": "180 cm"}, 2.06155, BENCH),
    # 0.007184 * 70^0.425 * 170^0.725 = 0.007184 * 6.0831 * 41.407
    ("body-surface-area", {"weight": "70 kg", "height": "170 cm", "formula": "Du Bois"}, 1.8097, "Du Bois 1916, by hand"),
    ("ideal-body-weight", {"sex": "male", "height": "173 cm"}, 68.65362, BENCH),
    ("adjusted-body-weight", {"sex": "female", "weight": "78 kg", "height": "160 cm"}, 62.62918, BENCH),
    ("target-weight", {"target_bmi": "23.2 kg/m^2", "height": "72 in"}, 77.59262, BENCH),
    ("maintenance-fluids", {"weight": "76 kg"}, 116, BENCH),
    # Holliday and Segar: 10 kg 40 mL/h, 20 kg 60 mL/h
    ("maintenance-fluids", {"weight": "10 kg"}, 40, "Holliday 1957, by hand"),
    ("maintenance-fluids", {"weight": "15 kg"}, 50, "Holliday 1957, by hand"),
    (
        "creatinine-clearance",
        {"sex": "male", "age": "53 years", "weight": "87 kg", "height": "175 cm", "creatinine": "1.39 mg/dL"},
        67.00495,
        BENCH,
    ),
    # (140 - 60) * 72 / (72 * 1)
    (
        "creatinine-clearance",
        {"sex": "male", "age": "60 a", "weight": "72 kg", "height": "175 cm", "creatinine": "1 mg/dL", "weight_used": "actual"},
        80,
        "Cockcroft 1976, by hand",
    ),
    ("ckd-epi-2021", {"age": "81 years", "creatinine": "1.7 mg/dL", "sex": "male"}, 39.99991, BENCH),
    ("ckd-epi-2021", {"age": "55 years", "creatinine": "1.2 mg/dL", "sex": "male"}, "71", "kidney.org, eGFR calculator"),
    # below the threshold: 142 * (0.6 / 0.7)^-0.241 * 0.9938^40 * 1.012 = 142 * 1.03785 * 0.77978 * 1.012
    ("ckd-epi-2021", {"age": "40 years", "creatinine": "0.6 mg/dL", "sex": "female"}, "116", "Inker 2021, by hand"),
    ("mdrd-gfr", {"age": "85 years", "creatinine": "1.36 mg/dL", "sex": "female"}, 36.95439, BENCH),
    # 0.413 * 120 / 0.6
    ("schwartz-gfr", {"height": "120 cm", "creatinine": "0.6 mg/dL"}, 82.6, "Schwartz 2009, by hand"),
    ("schwartz-gfr", {"height": "100 cm", "creatinine": "0.5 mg/dL"}, 82.6, "calculatorlib.com, pediatric GFR, worked example"),
    (
        "schwartz-gfr",
        {"height": "100 cm", "creatinine": "0.4 mg/dL"},
        "103",
        "doctaverse.pages.dev, Schwartz GFR, worked example",
    ),
    (
        "fractional-excretion-of-sodium",
        {"creatinine": "1.56 mg/dL", "urine_sodium": "12 mEq/L", "urine_creatinine": "128.1 mg/dL", "sodium": "197 mEq/L"},
        0.07418,
        BENCH,
    ),
    ("free-water-deficit", {"sex": "female", "age": "17 years", "weight": "35 kg", "sodium": "126 mmol/L"}, -2.1, BENCH),
    # 0.5 * 70 * (160 / 140 - 1)
    ("free-water-deficit", {"sex": "male", "age": "70 a", "weight": "70 kg", "sodium": "160 mmol/L"}, 5, "Adrogué 2000, by hand"),
    ("calcium-correction", {"calcium": "8.4 mg/dL", "albumin": "33 g/L"}, 8.96, BENCH),
    ("sodium-correction", {"glucose": "350 mg/dL", "sodium": "132 mEq/L"}, 138, BENCH),
    # 132 + 0.016 * 250
    ("sodium-correction", {"glucose": "350 mg/dL", "sodium": "132 mEq/L", "rule": "Katz"}, 136, "Katz 1973, by hand"),
    ("serum-osmolality", {"urea_nitrogen": "11 mg/dL", "glucose": "125 mg/dL", "sodium": "136.4 mEq/L"}, 283.67302, BENCH),
    ("anion-gap", {"chloride": "110 mEq/L", "bicarbonate": "9.4 mEq/L", "sodium": "140 mEq/L"}, 20.6, BENCH),
    ("delta-gap", {"chloride": "123 mmol/L", "bicarbonate": "14 mmol/L", "sodium": "142 mmol/L"}, -7, BENCH),
    ("delta-ratio", {"chloride": "117 mmol/L", "bicarbonate": "8.6 mmol/L", "sodium": "148 mmol/L"}, 0.67532, BENCH),
    (
        "albumin-corrected-anion-gap",
        {"chloride": "101 mEq/L", "albumin": "1.8 g/dL", "bicarbonate": "9 mEq/L", "sodium": "127 mEq/L"},
        22.5,
        BENCH,
    ),
    (
        "albumin-corrected-delta-gap",
        {"chloride": "120 mEq/L", "albumin": "2.1 g/dL", "bicarbonate": "12.5 mEq/L", "sodium": "143 mEq/L"},
        3.25,
        BENCH,
    ),
    (
        "albumin-corrected-delta-ratio",
        {"chloride": "125.5 mEq/L", "albumin": "4.2 g/dL", "bicarbonate": "7.5 mEq/L", "sodium": "142.8 mEq/L"},
        -0.16364,
        BENCH,
    ),
    ("homa-ir", {"insulin": "14.5 µIU/mL", "glucose": "298 mg/dL"}, 10.66914, BENCH),
    (
        "ldl-cholesterol",
        {"total_cholesterol": "161 mg/dL", "hdl_cholesterol": "39 mg/dL", "triglycerides": "95 mg/dL"},
        103,
        BENCH,
    ),
    # 6 * 22.5 / 45
    ("corrected-reticulocyte-count", {"reticulocytes": "6 %", "hematocrit": "22.5 %"}, 3, "Hillman 1969, by hand"),
    (
        "corrected-reticulocyte-count",
        {"reticulocytes": "5 %", "hematocrit": "25 %"},
        "2.8",
        "calculatorlib.com, corrected reticulocyte count, worked example: 2.78",
    ),
    (
        "corrected-reticulocyte-count",
        {"reticulocytes": "1.5 %", "hematocrit": "40 %"},
        1.333333,
        "calculatoratoz.com, reticulocyte count, worked example",
    ),
    ("mean-arterial-pressure", {"systolic_pressure": "110 mm hg", "diastolic_pressure": "70 mm hg"}, 83.33333, BENCH),
    ("qtc-bazett", {"heart_rate": "113 beats per minute", "qt_interval": "330 msec"}, 452.87563, BENCH),
    ("qtc-fridericia", {"heart_rate": "161 beats per minute", "qt_interval": "373 msec"}, 518.32325, BENCH),
    ("qtc-framingham", {"heart_rate": "87 beats per minute", "qt_interval": "405 msec"}, 452.79236, BENCH),
    ("qtc-hodges", {"heart_rate": "101 beats per minute", "qt_interval": "280 msec"}, 351.74982, BENCH),
    ("qtc-rautaharju", {"heart_rate": "68 beats per minute", "qt_interval": "321 msec"}, 335.26667, BENCH),
    # (220 - 40 - 70) * 0.6 + 70
    ("target-heart-rate", {"age": "40 a", "heart_rate": "70 /min", "intensity": "60 %"}, 136, "Karvonen 1957, by hand"),
    (
        "target-heart-rate",
        {"age": "20 years", "heart_rate": "75 bpm", "intensity": "60 %"},
        150,
        "Austin Community College, worksheet 4: calculating your target heart rate",
    ),
    (
        "framingham-risk",
        {
            "sex": "male",
            "age": "79 years",
            "systolic_pressure": "120 mm hg",
            "total_cholesterol": "190 mg/dL",
            "hdl_cholesterol": "49 mg/dL",
        },
        17.1225,
        BENCH,
    ),
    (
        "a-a-gradient",
        {"fio2": "21 %", "paco2": "40 mmHg", "pao2": "90 mmHg"},
        "10",
        "Egan's Fundamentals of Respiratory Care, workbook, chapter 12, questions 1 and 2: 99.73 - 90",
    ),
    # 0.21 * 713 - 40 / 0.8 - 90
    ("a-a-gradient", {"fio2": "21 %", "paco2": "40 mmHg", "pao2": "90 mmHg"}, 9.73, "Kanber 1968, by hand"),
    ("fib-4", {"age": "35 years", "alt": "104 U/L", "ast": "107 U/L", "platelets": "181000 /µL"}, 2.02888, BENCH),
    (
        "meld-na",
        {"creatinine": "7.78 mg/dL", "dialysis": True, "inr": 2.2, "sodium": "133 mEq/L", "bilirubin": "36.1 mg/dL"},
        40,
        BENCH,
    ),
    (
        "meld-na",
        {"creatinine": "1 mg/dL", "inr": 1.5, "sodium": "135 mEq/L", "bilirubin": "1.5 mg/dL"},
        15,
        "scoutmytool.com, MELD-Na calculator, worked example",
    ),
    # 4.56*1.0986 + 0.82*7 - 0.24*7*1.0986 + 9.09*0.6931 + 11.14*0.6931 + 1.85*1 - 1.83*1*0.6931 + 6 = 29.51
    (
        "meld-3",
        {
            "sex": "male",
            "creatinine": "2 mg/dL",
            "bilirubin": "3 mg/dL",
            "inr": 2,
            "sodium": "130 mmol/L",
            "albumin": "2.5 g/dL",
        },
        30,
        "Kim 2021, by hand",
    ),
    (
        "meld-3",
        {
            "sex": "male",
            "creatinine": "1.5 mg/dL",
            "bilirubin": "2 mg/dL",
            "inr": 1.5,
            "sodium": "137 mmol/L",
            "albumin": "3 g/dL",
        },
        18,
        "calcbee.pages.dev, MELD, the result for the values that it opens with",
    ),
    # all at their bounds: 1.33 + 6 = 7.33
    (
        "meld-3",
        {
            "sex": "female",
            "creatinine": "0.6 mg/dL",
            "bilirubin": "0.5 mg/dL",
            "inr": 0.9,
            "sodium": "140 mmol/L",
            "albumin": "4 g/dL",
        },
        7,
        "Kim 2021, by hand",
    ),
    ("steroid-conversion", {"steroid": "Hydrocortisone IV", "dose": "65.867 mg", "target": "Dexamethasone PO"}, 2.47001, BENCH),
    ("morphine-equivalents", {"oxymorphone": "10 mg/d", "fentanyl_buccal": "20 ug/d", "morphine": "50 mg/d"}, 82.6, BENCH),
    (
        "morphine-equivalents",
        {"hydrocodone": "20 mg/day"},
        20,
        "CDC 2022, note to the table: 5 mg of hydrocodone four times a day",
    ),
    ("morphine-equivalents", {"oxycodone": "20 mg/day"}, 30, "CDC 2022, note to the table: 10 mg of oxycodone twice a day"),
    ("due-date", {"cycle_length": 30, "last_menstrual_period": "2000-02-24"}, "2000-12-02", BENCH),
    # 280 - 4 days
    ("due-date", {"cycle_length": 24, "last_menstrual_period": "2000-02-24"}, "2000-11-26", "Naegele, by hand"),
    ("conception-date", {"last_menstrual_period": "2017-01-07"}, "2017-01-21", BENCH),
    ("gestational-age", {"today": "2021-08-21", "last_menstrual_period": "2020-12-23"}, 34 * 7 + 3, BENCH),
]
