import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pytest
from samples import grid_areas, grid_plan

import territorykit as tk
from territorykit.present.page import deviation

COLUMNS = [0, 1, 2, 0, 1, 2]
NAMES = ["west", "mid", "east"]
REQUIREMENTS = [tk.Balance("calls", 0.1), tk.Contiguous()]
PLAN = grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2], requirements=REQUIREMENTS)


class Page(HTMLParser):
    """The texts and tags of a page; an element that is not closed fails."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.texts.append(data.strip())

    def of(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def report(outcome, tmp_path, areas=None, **options):
    path = tmp_path / "plan.html"
    tk.write_report(outcome, areas, path, **options)
    text = path.read_text("utf-8")
    return Page(text), text


def result(**changes):
    fields = {
        "status": tk.Status.FEASIBLE, "stopped_by": "time_limit", "plan": PLAN, "objective": 6e6, "bound": None,
        "gap": None, "violations": (), "conflicts": (), "runtime": 1.5, "seed": 7, "method": "Annealing(reheat=0.3)",
        "trace": [tk.TracePoint(t, 10 * t, 100 - t, max(0, 3 - t), 40 + t) for t in range(5)],
    }  # fmt: skip
    return tk.Result(**(fields | changes))


def test_a_result_tells_everything(tmp_path):
    page, text = report(result(), tmp_path, grid_areas(), title="Three columns")
    for words in (
        "Three columns", "feasible", "6 units in 3 territories.", "Annealing(reheat=0.3)", "7", "time limit", "40",
        "Map", "Scorecard", "Territories", "Course of the search", "Settings", "Versions", tk.__version__, "numpy",
        "west", "mid", "east", "-28.57%", "+28.57%", "calls variation", "Reock", "EPSG:3083", "calls/year",
        "Balance('calls', 0.1), Contiguous()", "Objective 6,000,000 calls/year·m²; no bound is proven.",
    ):  # fmt: skip
        assert any(words in found for found in page.texts), words
    assert not [words for words in page.texts if words.startswith("Conflicts")]
    assert f"Written {datetime.now(UTC):%Y-%m-%d}" in text


def test_a_sum_names_its_terms(tmp_path):
    terms = [tk.Compactness("calls", 1), tk.BorderLength(weight=2)]
    plan = tk.Plan(PLAN.problem.replace(objective=terms), PLAN.labels, PLAN.centers)
    page, _ = report(result(plan=plan, objective=20_000.0), tmp_path)
    assert (
        "Objective 20,000 weighted sum of Compactness('calls'): 15,000 calls/year·m, "
        "2 * BorderLength(): 4,000 m; no bound is proven."
    ) in page.texts
    assert " + ".join(map(repr, terms)) in page.texts


def test_the_page_is_complete_in_itself_and_accessible(tmp_path):
    page, text = report(result(), tmp_path, grid_areas())
    assert page.of("html") == [{"lang": "en"}]
    assert page.texts.count("Territory plan") == 2  # title and heading
    pictures = page.of("img")
    assert [picture["src"][:22] for picture in pictures] == ["data:image/png;base64,"] * 2
    assert pictures[0]["alt"] == "Map of 6 units in 3 territories: 'west', 'mid', 'east'."
    assert all(head["scope"] in ("row", "col") for head in page.of("th"))
    assert "://" not in re.sub(r"base64,[^\"]*", "", text)
    assert not page.of("script")
    assert not page.of("link")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.of("meta")


def test_violations_of_a_plan_alone_are_found(tmp_path):
    page, _ = report(PLAN, tmp_path, grid_areas())
    assert {"breaks requirements", "Violations: 2"} <= set(page.texts)
    assert any("'west' has 5 of calls" in words for words in page.texts)
    page, _ = report(tk.Plan(PLAN.problem.replace(requirements=[tk.Contiguous()]), PLAN.labels), tmp_path)
    assert "meets every requirement" in page.texts
    assert "None: every requirement is met." in page.texts
    page, _ = report(grid_plan(COLUMNS), tmp_path)
    assert "The problem has no requirements." in page.texts


def test_a_result_without_a_plan_lists_its_conflicts(tmp_path):
    conflict = tk.Conflict(REQUIREMENTS[0], ("u5",), None, 6.0, 2.31, 1.5, "unit 'u5' alone is too large; split it")
    page, _ = report(
        result(
            plan=None,
            objective=None,
            status=tk.Status.INFEASIBLE,
            stopped_by="infeasible",
            conflicts=[conflict],
            trace=(),
        ),
        tmp_path,
    )
    assert "infeasible" in page.texts
    assert "unit 'u5' alone is too large; split it" in page.texts
    assert {"6", "2.31", "1.5"} <= set(page.texts)
    assert "Map" not in page.texts
    assert not page.of("img")
    page, _ = report(result(plan=None, objective=None, status=tk.Status.NOT_FOUND), tmp_path)
    assert "not found" in page.texts


def test_bounds_say_what_they_hold_for(tmp_path):
    bound = tk.Bound(5e6, "free", [1.0], "Lagrangian", 0.5)
    page, _ = report(result(bound=bound, gap=1 / 6), tmp_path)
    assert any("no plan is below 5,000,000" in words and "a gap of 16.67%" in words for words in page.texts)
    page, _ = report(result(bound=replace(bound, centers="given")), tmp_path)
    assert any("for these centers no plan is below" in words for words in page.texts)
    assert "The bound holds for plans with these centers only, not for every plan." in page.texts


def test_what_to_know_about_the_data(tmp_path):
    plan = grid_plan(
        [0, 1, 0, 1, 0, 1], bridges=[[0, 1]], activities=[tk.Activity("calls", [0, 0, 3, 4, 5, 6])], border_lengths=None
    )
    page, _ = report(plan, tmp_path)
    remarks = [words for words in page.texts if words.endswith(".")]
    for start in (
        "1 bridges join units that share no border: 'u0 - u1'.",
        "2 units have 0 of calls: 'u0', 'u1'.",
        "2 territories are in several pieces: '1', '2'.",
        "The graph holds no borders or areas",
        "No areas were given",
        "The plan names no centers",
    ):
        assert any(words.startswith(start) for words in remarks), start


def test_hostile_texts_stay_texts(tmp_path, hostile, browse):
    activities = [tk.Activity(hostile[0], np.arange(6), hostile[1])]
    plan = grid_plan(
        list(range(6)), names=hostile, ids=hostile, activities=activities, requirements=[tk.Balance(hostile[0], 0.1)]
    )
    violation = tk.Violation(plan.problem.requirements[0], hostile[0], hostile, 1.0, 2.0, 0.5, hostile[2])
    conflict = tk.Conflict(plan.problem.requirements[0], hostile, hostile[0], 1.0, 2.0, None, hostile[3])
    outcome = result(plan=plan, violations=[violation], conflicts=[conflict], method=hostile[1])
    page, text = report(outcome, tmp_path, grid_areas(ids=hostile), title=hostile[2])
    assert not page.of("script")
    assert not page.of("svg")
    assert len(page.of("img")) == 2
    assert hostile[2] in page.texts
    assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', text))
    assert "<title>HACKED" not in browse(tmp_path / "plan.html")


def test_bars_show_which_side_and_whether_within_the_band():
    low, high, free = deviation(-0.05, 0.2, 0.1), deviation(0.2, 0.2, 0.1), deviation(0.1, 0.2, None)
    assert 'class="in" style="left:37.50%;width:12.50%"' in low.extra
    assert 'class="out" style="left:50.00%;width:50.00%"' in high.extra
    assert 'class="free"' in free.extra
    assert "<u" not in free.extra
    assert deviation(0.0, 0.0, None).text == "0.00%"


def test_wrong_input(tmp_path, monkeypatch):
    with pytest.raises(tk.DataError, match=r"ends in '.pdf'; write one of .html"):
        tk.write_report(PLAN, None, tmp_path / "plan.pdf")
    with pytest.raises(tk.DataError, match="a report needs a Result or a Plan, got a NoneType"):
        tk.write_report(None, None, tmp_path / "plan.html")
    with pytest.raises(tk.DataError, match="units of the plan have no row: 'u0'"):
        tk.write_report(PLAN, grid_areas().drop("u0"), tmp_path / "plan.html")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(tk.BackendError, match="maps need matplotlib"):
        tk.write_report(PLAN, grid_areas(), tmp_path / "plan.html")
    assert list(tmp_path.iterdir()) == []
