"""Metrics: one definition each, with a name, a version and a declaration."""

from vesalius.metrics.ambiguity import collective_insight, generalised_energy_distance
from vesalius.metrics.answers import exact_match, hamming_score, token_f1, token_recall
from vesalius.metrics.bleu import bleu_counts, bleu_of_counts, chrf_counts, corpus_bleu, corpus_chrf, sentence_bleu, sentence_chrf
from vesalius.metrics.boundary import boundary_iou
from vesalius.metrics.calculation_faults import arithmetic_error, extraction_error, formula_error
from vesalius.metrics.calculations import calculation_correct
from vesalius.metrics.calibration import ReliabilityCurve, classwise_ece, ece, ece_equal_mass, ece_sweep, reliability_curve
from vesalius.metrics.captioning import cider
from vesalius.metrics.censored import SurvivalCurve, censoring_curve, kaplan_meier
from vesalius.metrics.censored_brier import brier_curve, integrated_brier, survival_brier
from vesalius.metrics.chexpert import OBSERVATIONS, chexpert_f1, chexpert_macro_f1, chexpert_micro_f1, label_findings
from vesalius.metrics.classification import (
    accuracy,
    auprc,
    auroc,
    auroc_by_label,
    delong_by_label,
    macro_auprc,
    macro_auroc,
    micro_auprc,
    micro_auroc,
)
from vesalius.metrics.conduct import needless_write, solved_without_reading, task_success
from vesalius.metrics.conformal import conformal_coverage, mean_set_size, size_stratified_coverage
from vesalius.metrics.confusion import balanced_accuracy, f1, macro_f1, mcc, micro_f1, weighted_f1
from vesalius.metrics.corrections import (
    NO_ERROR,
    Correction,
    corrected_sentence_rouge_1,
    correction_composite,
    error_flag_accuracy,
    error_sentence_accuracy,
    read_correction,
)
from vesalius.metrics.counting import count_error, count_exact
from vesalius.metrics.decisions import DecisionCurve, decision_curve, net_benefit
from vesalius.metrics.detection import (
    CocoSummary,
    box_average_precision,
    box_average_recall,
    box_mean_average_precision,
    coco_summary,
)
from vesalius.metrics.distribution import fid, kid, mmd
from vesalius.metrics.encoders import EfficientNetLite0, Encoder, LayerEncoder, efficientnet_lite0
from vesalius.metrics.entities import (
    EntityCounts,
    entity_counts,
    entity_exact_f1,
    entity_partial_f1,
    entity_strict_f1,
    entity_type_f1,
    spans_of_tags,
)
from vesalius.metrics.fairness import GroupValues, WorstGroup, equity_scaled, group_gap, group_values, worst_group
from vesalius.metrics.froc import Froc, froc_sensitivity
from vesalius.metrics.images import image_mae, image_mse, nmse, psnr
from vesalius.metrics.information import mutual_information, normalised_mutual_information
from vesalius.metrics.instances import lesion_f1, panoptic_quality
from vesalius.metrics.json_fields import json_field_f1, json_field_precision, json_field_recall
from vesalius.metrics.lesions import LesionHits, free_response, lesion_froc, lesion_hits
from vesalius.metrics.metric import METRICS, Metric, metric
from vesalius.metrics.parity import demographic_parity, demographic_parity_difference, equalized_odds, equalized_odds_difference
from vesalius.metrics.perceptual import feature_distance
from vesalius.metrics.points import (
    PointMatches,
    match_points,
    point_distance,
    point_f1,
    point_mask_f1,
    point_precision,
    point_recall,
    pointing_accuracy,
)
from vesalius.metrics.probabilities import brier, log_loss, multiclass_brier
from vesalius.metrics.radiomic import radiomic_features, radiomic_fid, radiomic_kid, radiomic_mmd
from vesalius.metrics.ranked_lists import (
    listed_average_precision,
    listed_ndcg_at_10,
    listed_precision_at_1,
    listed_recall_at_10,
    listed_reciprocal_rank,
)
from vesalius.metrics.rater_agreement import kappa, linear_kappa, quadratic_kappa
from vesalius.metrics.registration import folded_share, jacobian_determinants, log_jacobian_std, target_registration_error
from vesalius.metrics.retrieval import (
    average_precision,
    hit_at_k,
    ndcg,
    precision_at_k,
    rank_queries,
    recall_at_k,
    reciprocal_rank,
)
from vesalius.metrics.rouge import rouge_1, rouge_2, rouge_l, rouge_lsum
from vesalius.metrics.saliency import deletion_auc, energy_inside, insertion_auc, pointing_game, randomisation_similarity
from vesalius.metrics.screening import last_relevant, screen_reviews, total_cost, wss
from vesalius.metrics.segmentation import absolute_volume_error, dice, iou, precision, relative_volume_error, sensitivity
from vesalius.metrics.segmentation_table import SegmentationTable, segmentation_table
from vesalius.metrics.selective import RiskCoverage, aurc, risk_coverage_curve, selective_accuracy
from vesalius.metrics.similarity import embedding_similarities, embedding_similarity, gestalt_similarity
from vesalius.metrics.structural_similarity import ms_ssim, ssim
from vesalius.metrics.suggestions import resisted_accuracy, suggestion_followed
from vesalius.metrics.surface import asd, assd, hd, hd95, nsd, surfaces
from vesalius.metrics.survival import c_index, time_dependent_c, uno_c
from vesalius.metrics.survival_auc import DynamicAUC, cumulative_dynamic_auc, dynamic_auc_curve
from vesalius.metrics.survival_calibration import (
    HorizonCalibration,
    calibration_in_the_large,
    horizon_calibration_curve,
    horizon_calibration_error,
    observed_expected_ratio,
)
from vesalius.metrics.topology import betti_error, betti_numbers, cl_dice
from vesalius.metrics.unanswered import strict_macro_f1
from vesalius.metrics.word_alignment import meteor

__all__ = [
    "METRICS",
    "NO_ERROR",
    "OBSERVATIONS",
    "CocoSummary",
    "Correction",
    "DecisionCurve",
    "DynamicAUC",
    "EfficientNetLite0",
    "Encoder",
    "EntityCounts",
    "Froc",
    "GroupValues",
    "HorizonCalibration",
    "LayerEncoder",
    "LesionHits",
    "Metric",
    "PointMatches",
    "ReliabilityCurve",
    "RiskCoverage",
    "SegmentationTable",
    "SurvivalCurve",
    "WorstGroup",
    "absolute_volume_error",
    "accuracy",
    "arithmetic_error",
    "asd",
    "assd",
    "auprc",
    "aurc",
    "auroc",
    "auroc_by_label",
    "average_precision",
    "balanced_accuracy",
    "betti_error",
    "betti_numbers",
    "bleu_counts",
    "bleu_of_counts",
    "boundary_iou",
    "box_average_precision",
    "box_average_recall",
    "box_mean_average_precision",
    "brier",
    "brier_curve",
    "c_index",
    "calculation_correct",
    "calibration_in_the_large",
    "censoring_curve",
    "chexpert_f1",
    "chexpert_macro_f1",
    "chexpert_micro_f1",
    "chrf_counts",
    "cider",
    "cl_dice",
    "classwise_ece",
    "coco_summary",
    "collective_insight",
    "conformal_coverage",
    "corpus_bleu",
    "corpus_chrf",
    "corrected_sentence_rouge_1",
    "correction_composite",
    "count_error",
    "count_exact",
    "cumulative_dynamic_auc",
    "decision_curve",
    "deletion_auc",
    "delong_by_label",
    "demographic_parity",
    "demographic_parity_difference",
    "dice",
    "dynamic_auc_curve",
    "ece",
    "ece_equal_mass",
    "ece_sweep",
    "efficientnet_lite0",
    "embedding_similarities",
    "embedding_similarity",
    "energy_inside",
    "entity_counts",
    "entity_exact_f1",
    "entity_partial_f1",
    "entity_strict_f1",
    "entity_type_f1",
    "equalized_odds",
    "equalized_odds_difference",
    "equity_scaled",
    "error_flag_accuracy",
    "error_sentence_accuracy",
    "exact_match",
    "extraction_error",
    "f1",
    "feature_distance",
    "fid",
    "folded_share",
    "formula_error",
    "free_response",
    "froc_sensitivity",
    "generalised_energy_distance",
    "gestalt_similarity",
    "group_gap",
    "group_values",
    "hamming_score",
    "hd",
    "hd95",
    "hit_at_k",
    "horizon_calibration_curve",
    "horizon_calibration_error",
    "image_mae",
    "image_mse",
    "insertion_auc",
    "integrated_brier",
    "iou",
    "jacobian_determinants",
    "json_field_f1",
    "json_field_precision",
    "json_field_recall",
    "kaplan_meier",
    "kappa",
    "kid",
    "label_findings",
    "last_relevant",
    "lesion_f1",
    "lesion_froc",
    "lesion_hits",
    "linear_kappa",
    "listed_average_precision",
    "listed_ndcg_at_10",
    "listed_precision_at_1",
    "listed_recall_at_10",
    "listed_reciprocal_rank",
    "log_jacobian_std",
    "log_loss",
    "macro_auprc",
    "macro_auroc",
    "macro_f1",
    "match_points",
    "mcc",
    "mean_set_size",
    "meteor",
    "metric",
    "micro_auprc",
    "micro_auroc",
    "micro_f1",
    "mmd",
    "ms_ssim",
    "multiclass_brier",
    "mutual_information",
    "ndcg",
    "needless_write",
    "net_benefit",
    "nmse",
    "normalised_mutual_information",
    "nsd",
    "observed_expected_ratio",
    "panoptic_quality",
    "point_distance",
    "point_f1",
    "point_mask_f1",
    "point_precision",
    "point_recall",
    "pointing_accuracy",
    "pointing_game",
    "precision",
    "precision_at_k",
    "psnr",
    "quadratic_kappa",
    "radiomic_features",
    "radiomic_fid",
    "radiomic_kid",
    "radiomic_mmd",
    "randomisation_similarity",
    "rank_queries",
    "read_correction",
    "recall_at_k",
    "reciprocal_rank",
    "relative_volume_error",
    "reliability_curve",
    "resisted_accuracy",
    "risk_coverage_curve",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "rouge_lsum",
    "screen_reviews",
    "segmentation_table",
    "selective_accuracy",
    "sensitivity",
    "sentence_bleu",
    "sentence_chrf",
    "size_stratified_coverage",
    "solved_without_reading",
    "spans_of_tags",
    "ssim",
    "strict_macro_f1",
    "suggestion_followed",
    "surfaces",
    "survival_brier",
    "target_registration_error",
    "task_success",
    "time_dependent_c",
    "token_f1",
    "token_recall",
    "total_cost",
    "uno_c",
    "weighted_f1",
    "worst_group",
    "wss",
]
