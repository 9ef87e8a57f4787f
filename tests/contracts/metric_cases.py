"""How to draw inputs of every metric, and what its properties mean for them: a later metric joins with one line in ``CASES``."""

import math
from dataclasses import replace
from functools import partial

import numpy as np

from tests.contracts import metric_changes as changes
from tests.contracts import metric_draws as draws
from vesalius.checks import MetricCase
from vesalius.metrics.tokens import words


class Channels:
    """An encoder that takes the channels of an image as they are."""

    name = "channels"

    def layers(self, image):
        if image.ndim != 3:
            raise ValueError("an image to encode is H×W×C.")
        return [image.transpose(2, 0, 1)]


def one_hot(truths):
    return np.eye(draws.CLASSES)[truths]


def sure_boxes(truths):
    return [np.insert(boxes, -1, 1.0, axis=1) for boxes in truths]


def first_references(truths):
    return [references[0] for references in truths]


def longest_reference(references):
    return max(references, key=lambda each: len(words(each)))


def relevant(grades):
    return int((grades > 0).sum())


def one_chunk(references):
    return 1 - 0.5 / len(words(longest_reference(references))) ** 3


def all_first(grades):
    return (len(grades) - math.ceil(0.95 * relevant(grades) - 1e-9)) / len(grades) - 0.05


MASK = MetricCase(draw=draws.masks, relabelled=changes.renamed_masks, moved=changes.shifted)
SCORES = MetricCase(draw=draws.probabilities)
TABLE = MetricCase(draw=draws.tables, perfect=one_hot)
LABELS = MetricCase(draw=draws.label_tables, perfect=np.nan_to_num)
CLASS = MetricCase(draw=draws.classes, relabelled=changes.renamed_classes)
NAMED = MetricCase(draw=draws.named_classes, relabelled=changes.renamed_names)
DECIDED_LABELS = MetricCase(draw=draws.labels, relabelled=changes.renamed_columns)
GRADES = MetricCase(draw=draws.grades)
SETS = MetricCase(draw=draws.conformal_sets, relabelled=changes.renamed_columns)
GROUPS = MetricCase(draw=draws.group_decisions)
RISKS = MetricCase(draw=draws.risks)
CURVES = MetricCase(draw=draws.survival_curves)
AT_ONE_TIME = MetricCase(draw=draws.survival_at_one_time)
RANKING = MetricCase(draw=draws.rankings, perfect=lambda grades: grades.astype(float))
LISTED = MetricCase(draw=draws.ranked_lists)
BOXES = MetricCase(draw=draws.boxes, perfect=sure_boxes, relabelled=changes.renamed_boxes)
POINTS = MetricCase(draw=draws.points, moved=changes.shifted_points)
POINTED = MetricCase(
    draw=draws.pointed_masks, relabelled=lambda said, true, rng: (said, changes.renamed_masks(true, true, rng)[1])
)
COUNTS = MetricCase(draw=draws.counts, relabelled=changes.renamed_counts)
SUGGESTED = MetricCase(draw=draws.suggestions, perfect=lambda truth: truth[0])
TEXT = MetricCase(draw=draws.texts)
REFERENCES = MetricCase(draw=draws.referenced_texts, perfect=lambda references: references[0])
CORPUS = MetricCase(draw=draws.corpora, perfect=first_references)
REPORT, REPORTS = MetricCase(draw=draws.reports), MetricCase(draw=draws.report_sets)
CORRECTION = MetricCase(draw=draws.corrections)
CONDUCT = MetricCase(draw=draws.conducts)
CALCULATION = MetricCase(draw=draws.calculations)
ENTITIES, JSON = MetricCase(draw=draws.entities), MetricCase(draw=draws.json_texts)
IMAGE = MetricCase(draw=draws.images, moved=changes.shifted)
STRUCTURE = MetricCase(draw=partial(draws.images, low=11, high=40))
SCALES = MetricCase(draw=partial(draws.images, low=161, high=170, axes=(2, 3)))
COLOUR = MetricCase(draw=draws.colour_images, options={"encoder": Channels()})
FEATURES = MetricCase(draw=draws.features)
PICTURES = MetricCase(draw=draws.picture_sets)
HEAT = MetricCase(draw=draws.heat_maps, moved=changes.shifted, perfect=lambda truth: truth.astype(float))
PERTURBED = MetricCase(draw=draws.perturbation_curves)
READINGS = MetricCase(draw=draws.readings, moved=changes.shifted_readings)
DISPLACEMENT = MetricCase(draw=draws.displacements, moved=changes.shifted_displacement)
LANDMARKS = MetricCase(draw=draws.landmarks, moved=changes.shifted_points, axes=lambda truth: truth.shape[1])

CASES: dict[str, tuple[MetricCase, ...]] = {
    "absolute_volume_error": (MASK,),
    "accuracy": (MetricCase(draw=draws.letters, relabelled=changes.renamed_letters),),
    "arithmetic_error": (CALCULATION,),
    "asd": (MASK,),
    "assd": (MASK,),
    "auprc": (SCORES,),
    "aurc": (SCORES, TABLE),
    "auroc": (SCORES,),
    "average_precision": (RANKING,),
    "balanced_accuracy": (CLASS,),
    "betti_error": (MASK,),
    "boundary_iou": (MASK,),
    "box_average_precision": (BOXES,),
    "box_average_recall": (BOXES,),
    "box_mean_average_precision": (BOXES,),
    "brier": (SCORES,),
    "c_index": (RISKS,),
    "calculation_correct": (CALCULATION,),
    "calibration_in_the_large": (AT_ONE_TIME,),
    "chexpert_f1": (REPORT,),
    "chexpert_macro_f1": (REPORTS,),
    "chexpert_micro_f1": (REPORTS,),
    "cider": (CORPUS,),
    "cl_dice": (replace(MASK, draw=partial(draws.masks, longest=4)),),
    "classwise_ece": (TABLE,),
    "collective_insight": (READINGS,),
    "conformal_coverage": (SETS,),
    "corpus_bleu": (CORPUS,),
    "corpus_chrf": (CORPUS,),
    "corrected_sentence_rouge_1": (MetricCase(draw=draws.correction_sets),),
    "correction_composite": (CORRECTION,),
    "count_error": (COUNTS,),
    "count_exact": (COUNTS,),
    "cumulative_dynamic_auc": (RISKS, CURVES),
    "deletion_auc": (PERTURBED,),
    "demographic_parity_difference": (GROUPS,),
    "dice": (MASK,),
    "ece": (SCORES, TABLE),
    "ece_equal_mass": (SCORES, TABLE),
    "ece_sweep": (SCORES, TABLE),
    "embedding_similarity": (TEXT,),
    "energy_inside": (HEAT,),
    "entity_exact_f1": (ENTITIES,),
    "entity_partial_f1": (ENTITIES,),
    "entity_strict_f1": (ENTITIES,),
    "entity_type_f1": (ENTITIES,),
    "equalized_odds_difference": (GROUPS,),
    "error_flag_accuracy": (CORRECTION,),
    "error_sentence_accuracy": (CORRECTION,),
    "exact_match": (TEXT,),
    "extraction_error": (CALCULATION,),
    "f1": (MetricCase(draw=draws.decisions),),
    "feature_distance": (COLOUR,),
    "fid": (FEATURES,),
    "folded_share": (DISPLACEMENT,),
    "formula_error": (CALCULATION,),
    "froc_sensitivity": (BOXES,),
    "generalised_energy_distance": (READINGS,),
    "gestalt_similarity": (TEXT, REFERENCES),
    "hamming_score": (MetricCase(draw=draws.chosen_options),),
    "hd": (MASK, replace(MASK, options={"percentile": 80.0})),
    "hd95": (MASK,),
    "hit_at_k": (RANKING,),
    "horizon_calibration_error": (AT_ONE_TIME,),
    "image_mae": (IMAGE,),
    "image_mse": (IMAGE,),
    "insertion_auc": (PERTURBED,),
    "integrated_brier": (CURVES,),
    "iou": (MASK,),
    "json_field_f1": (JSON,),
    "json_field_precision": (JSON,),
    "json_field_recall": (JSON,),
    "kappa": (CLASS,),
    "kid": (FEATURES,),
    "last_relevant": (replace(RANKING, best=lambda grades: float(relevant(grades))),),
    "lesion_f1": (MASK,),
    "lesion_froc": (MetricCase(draw=draws.probability_maps, moved=changes.shifted_maps),),
    "linear_kappa": (GRADES,),
    "listed_average_precision": (LISTED,),
    "listed_ndcg_at_10": (LISTED,),
    "listed_precision_at_1": (LISTED,),
    "listed_recall_at_10": (replace(LISTED, best=lambda right: min(10 / len(right.split(",")), 1.0)),),
    "listed_reciprocal_rank": (LISTED,),
    "log_jacobian_std": (DISPLACEMENT,),
    "log_loss": (SCORES, TABLE),
    "macro_auprc": (TABLE, LABELS),
    "macro_auroc": (TABLE, LABELS),
    "macro_f1": (CLASS, DECIDED_LABELS),
    "mcc": (CLASS,),
    "mean_set_size": (SETS,),
    "meteor": (replace(REFERENCES, perfect=longest_reference, best=one_chunk),),
    "micro_auprc": (TABLE, LABELS),
    "micro_auroc": (TABLE, LABELS),
    "micro_f1": (CLASS, DECIDED_LABELS),
    "mmd": (FEATURES,),
    "ms_ssim": (SCALES,),
    "multiclass_brier": (TABLE,),
    "mutual_information": (IMAGE,),
    "ndcg": (RANKING, replace(RANKING, options={"gain": "exponential"})),
    "needless_write": (CONDUCT,),
    "net_benefit": (SCORES,),
    "nmse": (IMAGE,),
    "normalised_mutual_information": (IMAGE,),
    "nsd": (MASK,),
    "panoptic_quality": (MASK,),
    "point_distance": (POINTS,),
    "point_f1": (POINTS,),
    "point_mask_f1": (replace(POINTED, moved=changes.shifted_pointed_mask),),
    "point_precision": (POINTS,),
    "point_recall": (POINTS,),
    "pointing_accuracy": (replace(POINTED, moved=changes.shifted_pointed_mask),),
    "pointing_game": (HEAT,),
    "precision": (MASK,),
    "precision_at_k": (replace(RANKING, best=lambda grades: min(relevant(grades), 10) / 10),),
    "psnr": (IMAGE,),
    "quadratic_kappa": (GRADES,),
    "radiomic_fid": (PICTURES,),
    "radiomic_kid": (PICTURES,),
    "radiomic_mmd": (PICTURES,),
    "randomisation_similarity": (MetricCase(draw=draws.rank_correlations),),
    "recall_at_k": (replace(RANKING, best=lambda grades: min(relevant(grades), 10) / max(relevant(grades), 1)),),
    "reciprocal_rank": (RANKING,),
    "relative_volume_error": (MASK,),
    "resisted_accuracy": (SUGGESTED,),
    "rouge_1": (TEXT,),
    "rouge_2": (TEXT,),
    "rouge_l": (TEXT,),
    "rouge_lsum": (TEXT, REFERENCES),
    "selective_accuracy": (SCORES, TABLE),
    "sensitivity": (MASK,),
    "sentence_bleu": (TEXT, REFERENCES),
    "sentence_chrf": (TEXT, REFERENCES),
    "size_stratified_coverage": (SETS,),
    "solved_without_reading": (CONDUCT,),
    "ssim": (STRUCTURE,),
    "strict_macro_f1": (NAMED,),
    "suggestion_followed": (SUGGESTED,),
    "survival_brier": (AT_ONE_TIME,),
    "target_registration_error": (LANDMARKS,),
    "task_success": (CONDUCT,),
    "time_dependent_c": (CURVES,),
    "token_f1": (TEXT,),
    "token_recall": (TEXT, REFERENCES),
    "total_cost": (RANKING,),
    "uno_c": (RISKS,),
    "weighted_f1": (CLASS, DECIDED_LABELS),
    "wss": (replace(RANKING, best=all_first),),
}
"""Every metric with one or more ways to draw its inputs."""
