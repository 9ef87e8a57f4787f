"""Sore throats and sepsis."""

from vesalius.calculators.bands import bands, below, up_to
from vesalius.calculators.form import Quantity, WholeNumber, YesNo
from vesalius.calculators.scoring import Criterion, score


def _fast_breathing(rate: float, paco2: float | None) -> int:
    return int(rate > 20 or (paco2 is not None and paco2 < 32))


def _white_cells(count: float, bands_share: float | None) -> int:
    return int(count > 12 or count < 4 or (bands_share is not None and bands_share > 10))


CALCULATORS = (
    score(
        id="centor",
        name="Centor score for streptococcal pharyngitis (modified, McIsaac)",
        inputs=(
            Quantity("age", "age", "a", 3, 120, points=bands(below(15, 1), below(45, 0), beyond=-1)),
            YesNo("tonsillar_exudate", "exudate on the tonsils, or swelling of them", 1),
            YesNo("tender_lymph_nodes", "tender anterior cervical lymph nodes", 1),
            Quantity("temperature", "body temperature", "Cel", 13, 46, points=bands(up_to(38, 0), beyond=1)),
            YesNo("cough_absent", "no cough", 1),
        ),
        formula="1 each: exudate, tender nodes, temperature above 38 °C, no cough, age below 15; -1 from 45 years",
        source="McIsaac WJ, et al. A clinical score to reduce unnecessary antibiotic use. CMAJ 1998;158:75-83.",
        bounds=(-1, 5),
        benchmark=20,
        words="strep sore throat tonsillitis",
    ),
    score(
        id="feverpain",
        name="FeverPAIN score for streptococcal pharyngitis",
        inputs=(
            YesNo("fever", "fever within 24 hours", 1),
            YesNo("cough_and_coryza_absent", "neither cough nor coryza", 1),
            YesNo("early_onset", "symptoms for three days or less", 1),
            YesNo("purulent_tonsils", "purulent tonsils", 1),
            YesNo("inflamed_tonsils", "severely inflamed tonsils", 1),
        ),
        formula="1 for each of five criteria",
        source="Little P, et al. Clinical score and rapid antigen detection test. BMJ 2013;347:f5806.",
        bounds=(0, 5),
        benchmark=33,
        words="strep sore throat tonsillitis",
    ),
    score(
        id="sirs",
        name="Systemic inflammatory response syndrome (SIRS) criteria",
        inputs=(
            Quantity("temperature", "body temperature", "Cel", 13, 46, points=bands(below(36, 1), up_to(38, 0), beyond=1)),
            Quantity("heart_rate", "heart rate", "/min", 10, 350, points=bands(up_to(90, 0), beyond=1)),
            Quantity("respiratory_rate", "respiratory rate", "/min", 0, 120),
            Quantity("paco2", "arterial partial pressure of carbon dioxide", "mm[Hg]", 5, 250, optional=True),
            Quantity("white_cells", "white blood cell count", "10*9/L", 0, 1000),
            Quantity("band_forms", "share of band forms", "%", 0, 100, optional=True),
        ),
        criteria=(
            Criterion("respiratory rate above 20, or PaCO2 below 32 mmHg", ("respiratory_rate", "paco2"), _fast_breathing),
            Criterion("white cells below 4 or above 12, or band forms above 10 %", ("white_cells", "band_forms"), _white_cells),
        ),
        formula=(
            "1 each: below 36 or above 38 °C; heart rate above 90; respiratory rate above 20 or PaCO2 below 32 mmHg; "
            "white cells below 4 or above 12 * 10^9/L, or band forms above 10 %"
        ),
        source="Bone RC, et al. Definitions for sepsis and organ failure. Chest 1992;101:1644-55.",
        bounds=(0, 4),
        benchmark=51,
        words="sepsis",
    ),
    score(
        id="qsofa",
        name="Quick SOFA (qSOFA) score for sepsis",
        inputs=(
            Quantity("respiratory_rate", "respiratory rate", "/min", 0, 120, points=bands(below(22, 0), beyond=1)),
            Quantity("systolic_pressure", "systolic blood pressure", "mm[Hg]", 20, 350, points=bands(up_to(100, 1), beyond=0)),
            WholeNumber("glasgow_coma_scale", "Glasgow coma scale", 3, 15, bands(below(15, 1), beyond=0)),
        ),
        formula="1 each: respiratory rate from 22, systolic pressure up to 100 mmHg, Glasgow coma scale below 15",
        source="Singer M, et al. The third international consensus definitions for sepsis (Sepsis-3). JAMA 2016;315:801-10.",
        bounds=(0, 3),
        words="quick sequential organ failure",
    ),
)
"""Calculators of infection."""
