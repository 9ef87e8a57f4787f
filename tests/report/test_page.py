"""The page of a run."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.report.toys import HOSTILE, QUESTIONS
from vesalius.errors import UserError
from vesalius.report import write_report
from vesalius.report.format import number, typeset
from vesalius.report.reading import read_run
from vesalius.trials.finding import Finding, Gate
from vesalius.trials.store import Store

Finished = Callable[[str], Path]
FAMILIES = ("segmentation", "volumes", "choices", "several", "classification", "survival")
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """The text of a page, what it refers to, and the accessible names of its pictures."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.text, self.references, self.ids, self.opened = "", [], [], []
        self.nameless, self.captionless, self.headless, self.scripts = 0, 0, 0, 0
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.references += [found[name] for name in ("src", "href", "xlink:href", "action", "data") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        self.scripts += tag == "script" or any(name.startswith("on") for name in found)
        self.nameless += (tag == "svg" and not found.get("aria-label")) or (tag == "img" and not found.get("alt"))
        self.headless += tag == "th" and "scope" not in found
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" not in self.opened[-1:]:
            self.text += data


def page_of(folder: Path) -> Page:
    return Page(write_report(folder).read_text(encoding="utf-8"))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_verdict_the_claim_and_every_arm_are_on_the_page(finished: Finished, family: str) -> None:
    folder = finished(family)
    run, page = read_run(folder), page_of(folder)
    said = " ".join(page.text.split())
    assert typeset(run.finding.verdict).replace(" ", "") in "".join(page.text.split(" ")).replace("\n", "")
    assert run.config.claim in said and run.config.address in said
    for score in run.finding.scores:
        assert score.arm in said and number(score.estimate.value) in said


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_fetched_or_run_and_every_picture_and_header_is_named(finished: Finished, family: str) -> None:
    page = page_of(finished(family))
    assert all(reference.startswith(("#", "data:image/")) for reference in page.references)
    assert not re.search(r"url\((?!#)|@import|http", re.sub(r"<body>.*", "", page.source, flags=re.DOTALL))
    assert all(reference in page.source for reference in re.findall(r"url\(#([^)]+)\)", page.source))
    assert not page.scripts and not page.nameless and not page.headless and not page.opened
    assert page.source.count("<table") == page.source.count("<caption>") + page.source.count('<table class="answers"')


def test_links_within_the_page_lead_somewhere(finished: Finished) -> None:
    page = page_of(finished("segmentation"))
    within = {reference[1:] for reference in page.references if reference.startswith("#")}
    assert within and within <= set(page.ids)


def test_text_of_records_and_names_of_arms_are_shown_and_not_obeyed(finished: Finished) -> None:
    page = page_of(finished("choices"))
    assert HOSTILE in page.text and "<b>of three</b>" in page.text
    assert "<script" not in page.source and "<b>of" not in page.source


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(finished: Finished, tmp_path: Path) -> None:
    folder = finished("segmentation")
    first = write_report(folder).read_bytes()
    elsewhere = tmp_path / "moved"
    shutil.copytree(folder, elsewhere)
    assert write_report(elsewhere).read_bytes() == first
    assert str(folder.parent).encode() not in first


def write_sealed(folder: Path, content: dict[str, Any]) -> None:
    content["digest"] = Finding.from_json(content["finding"]).digest()
    Store(folder).write("finding.json", json.dumps(content))


@pytest.mark.parametrize("tasks", [1, 5])
def test_every_failed_gate_stands_before_the_first_score(finished: Finished, tmp_path: Path, tasks: int) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished("several"), folder)
    content = json.loads((folder / "finding.json").read_text())
    gates = [
        Gate(task=f"exam-{place}", name="subjects apart", outcome="failed", detail=f"{place + 71} leak") for place in range(tasks)
    ]
    content["finding"]["gates"] = [
        {name: getattr(gate, name) for name in ("task", "name", "outcome", "detail")} for gate in gates
    ]
    write_sealed(folder, content)
    text = page_of(folder).text
    first_score = min(re.search(r"[+−]?0\.\d{3}", text).start(), text.index("Verdict"))  # type: ignore[union-attr]
    for gate in gates:
        assert text.index(gate.detail) < first_score


def test_a_run_without_failed_gates_says_so(finished: Finished) -> None:
    assert "No gate failed" in page_of(finished("choices")).text


def test_outcomes_are_tabled_exactly_where_something_was_left_unanswered(finished: Finished) -> None:
    assert "How the predictions came out" in page_of(finished("segmentation")).text
    assert "none unparsed, refused, empty or failed" in page_of(finished("survival")).text


def test_what_was_not_recorded_is_said_and_never_zero(finished: Finished) -> None:
    assert ">not recorded<" in page_of(finished("segmentation")).source
    assert ">not recorded<" not in page_of(finished("choices")).source


def test_the_cost_front_is_drawn_where_tokens_are_known(finished: Finished) -> None:
    source = page_of(finished("choices")).source
    assert "Accuracy against tokens a question" in source and "Accuracy against seconds a question" in source
    assert "against tokens" not in page_of(finished("survival")).source


def test_volumes_are_shown_in_three_planes_with_the_sides_of_the_patient_and_their_window(finished: Finished) -> None:
    page = page_of(finished("volumes"))
    for plane, marks in (("Axial", "RLAP"), ("Coronal", "RLSI"), ("Sagittal", "APSI")):
        assert page.text.count(f"{plane}, slice ") == 6
        assert all(f">{mark}</text>" in page.source for mark in marks)
    assert page.text.count("window −160 to 240 HU") == 6
    # Of each of 6 records and 3 planes one image, which the panels of the truth and of two arms share.
    assert page.source.count("<image ") == 18 and page.source.count('<use href="#image-') == 36


def test_a_photograph_has_no_sides_of_a_patient(finished: Finished) -> None:
    assert 'class="mark"' not in page_of(finished("segmentation")).source


def test_training_is_drawn_for_the_arms_that_kept_curves(finished: Finished) -> None:
    source = page_of(finished("volumes")).source
    for phase in ("pretraining", "fine-tuning"):
        assert f"Training loss of {phase} on cubes, by step. At the end: cut: " in source
    assert "Validation score of fine-tuning on cubes" in source and "Validation score of pretraining" not in source
    assert "Reward of fine-tuning on cubes, by step. At the end: cut: 0.9" in source and "Reward of pretraining" not in source
    assert "Training loss" not in page_of(finished("segmentation")).source


@pytest.mark.parametrize("content", ["{", "[]", '{"training": {"losses": ["low"]}}', '{"training": 3}'])
def test_damaged_curves_are_a_user_error(finished: Finished, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished("volumes"), folder)
    (folder / "cells/cubes/cut/0/model/histories.json").write_text(content)
    with pytest.raises(UserError, match=r"histories\.json"):
        write_report(folder)


def test_many_tasks_are_folded_but_the_first(finished: Finished) -> None:
    page = page_of(finished("many"))
    assert page.source.count('<details class="task"') == 15
    assert len(re.findall(r'<details class="task"[^>]* open', page.source)) == 1
    assert len(page.source) < 3_000_000


def test_tasks_that_answer_different_questions_are_not_counted_together(finished: Finished) -> None:
    page = page_of(finished("several"))
    for question in QUESTIONS:
        assert f'scope="rowgroup" colspan="7">{question}' in page.source and f"<h3>{question}</h3>" in page.source


def test_undefined_results_are_shown_as_undefined(finished: Finished, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished("survival"), folder)
    content = json.loads((folder / "finding.json").read_text())
    for name in ("value", "low", "high", "p", "smallest_detectable"):
        content["finding"]["comparisons"][0]["difference"][name] = None
    content["finding"]["comparisons"][0]["difference"]["margin"] = None
    for name in ("value", "low", "high"):
        content["finding"]["scores"][0]["estimate"][name] = None
    content["finding"]["scores"][0]["per_seed"] = [None, None]
    write_sealed(folder, content)
    text = page_of(folder).text
    assert "undefined" in text and "nan" not in text.casefold()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "finding.json").unlink(),
        lambda folder: (folder / "finding.json").write_text("{"),
        lambda folder: (folder / "finding.json").write_text("[]"),
        lambda folder: (folder / "finding.json").write_text('{"finding": {}, "costs": []}'),
        lambda folder: (folder / "finding.json").write_text(
            (folder / "finding.json").read_text().replace('"verdict": "', '"verdict": "so ', 1)
        ),
        lambda folder: (folder / "trial.json").unlink(),
        lambda folder: shutil.rmtree(folder / "tasks"),
        lambda folder: next((folder / "examples").glob("cells.json")).write_text('[{"record_id": "nobody", "fields": {}}]'),
    ],
)
def test_what_is_no_finished_run_is_a_user_error_and_leaves_the_page_as_it_was(
    finished: Finished, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished("segmentation"), folder)
    (folder / "report.html").write_text("earlier")
    damage(folder)
    with pytest.raises(UserError, match="run"):
        write_report(folder)
    assert (folder / "report.html").read_text() == "earlier"


def test_importing_the_report_loads_no_matplotlib_jinja_or_torch() -> None:
    code = "import sys, vesalius.report; print([name for name in ('matplotlib', 'jinja2', 'torch') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
