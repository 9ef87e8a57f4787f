from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.metrics.chexpert import OBSERVATIONS, chexpert_f1, chexpert_macro_f1, chexpert_micro_f1, label_findings

ROWS = [line.split("\t") for line in Path(__file__).with_name("chexpert_sentences.tsv").read_text().splitlines()[1:]]


def found(report):
    """What is mentioned, No Finding apart."""
    return {
        name: label
        for name, label in zip(OBSERVATIONS, label_findings(report).tolist())
        if label == label and name != "No Finding"
    }


@pytest.mark.parametrize("sentence, labels", ROWS, ids=[sentence for sentence, _ in ROWS])
def test_a_sentence_is_labelled_as_by_hand(sentence, labels):
    assert found(sentence) == {name: float(label) for name, label in (each.split("=") for each in labels.split(";") if each)}


def test_the_table_is_long_enough_and_covers_every_observation():
    assert len(ROWS) >= 60
    assert all(any(name in labels for _, labels in ROWS) for name in OBSERVATIONS[1:])


def test_sentences_of_a_report_are_labelled_together():
    assert found("Normal heart size.\nThe lungs are clear: no edema, no infection. No effusion") == {
        "Cardiomegaly": 0, "Edema": 0, "Pneumonia": 0, "Pleural Effusion": 0,
    }  # fmt: skip
    report = "1. Right pleural effusion with compressive atelectasis.\n\n2. Enlarged heart, but no\npulmonary edema."
    assert found(report) == {"Pleural Effusion": 1, "Atelectasis": 1, "Cardiomegaly": 1, "Edema": 0}


def test_no_finding_needs_a_report_and_no_pathology_but_allows_devices():
    assert label_findings("Normal chest. Pacemaker.")[0] == 1
    assert np.isnan(label_findings("Possible edema.")[0])
    assert np.isnan(label_findings("Edema.")[0])
    assert np.isnan(label_findings(" \n . 12"[:3])).all()


def test_a_positive_mention_outweighs_doubt_and_doubt_outweighs_absence():
    assert found("No effusion. Possible effusion.") == {"Pleural Effusion": -1}
    assert found("Possible effusion. Small effusion. No effusion.") == {"Pleural Effusion": 1}


def test_negation_is_what_tells_a_normal_report_from_an_ill_one():
    said, true = "No edema. No effusion. No pneumonia.", "Edema. Effusion. Pneumonia."
    assert chexpert_f1(said, true) == 0


def test_doubt_counts_as_asked():
    assert chexpert_f1("Possible edema.", "Edema.") == 0
    assert chexpert_f1("Possible edema.", "Edema.", uncertain="positive") == 1


def test_micro_and_macro_by_hand():
    said, true = ["Edema.", "Effusion.", "Edema."], ["Edema.", "Pneumothorax.", "Effusion and edema."]
    assert chexpert_micro_f1(said, true) == pytest.approx(2 * 2 / (3 + 4))
    assert chexpert_macro_f1(said, true) == pytest.approx(np.mean([1, 0, 0]))


def test_labels_may_be_given_in_place_of_reports():
    said, true = ["Edema.", "Normal."], ["Edema and effusion.", "Normal."]
    labels = [np.stack([label_findings(each) for each in reports]) for reports in (said, true)]
    assert chexpert_micro_f1(*labels) == chexpert_micro_f1(said, true)
    assert chexpert_f1(labels[0][0], labels[1][0]) == chexpert_f1(said[0], true[0])


@pytest.mark.parametrize("bad", [[], [1.0, 2.0], [[5.0] * 14], ["Edema.", None], "Edema."[:0]])
def test_what_is_neither_reports_nor_labels_is_refused(bad):
    with pytest.raises(ValueError):
        chexpert_micro_f1(bad, bad)


def test_as_many_predicted_as_true_reports():
    with pytest.raises(ValueError, match="one of each"):
        chexpert_micro_f1(["Edema."], ["Edema.", "Normal."])
    with pytest.raises(ValueError, match="uncertain"):
        chexpert_micro_f1(["Edema."], ["Edema."], uncertain="maybe")


WORDS = st.lists(st.sampled_from([*" ".join(row[0] for row in ROWS).lower().split(), "(", ",", "\n\n", "é", "1."]), max_size=25)


@given(WORDS.map(" ".join), st.text(max_size=60))
def test_any_text_gets_fourteen_labels_of_the_four_kinds(words, anything):
    for report in (words, anything):
        labels = label_findings(report)
        assert labels.shape == (14,) and (np.isnan(labels) | np.isin(labels, (-1, 0, 1))).all()


@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=5))
def test_a_set_agrees_with_itself_whatever_its_order(reports):
    for function in (chexpert_micro_f1, chexpert_macro_f1):
        value = function(reports, reports)
        assert value == 1 or np.isnan(value)
        other = reports[::-1]
        assert function(reports, other[::-1]) == pytest.approx(function(other, reports[::-1]), nan_ok=True)
