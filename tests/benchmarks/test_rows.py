"""Rows on disk, what is made of them, and the page."""

import numpy as np
import pytest
from benchmarks import page, plots, store
from benchmarks.curves import Growth, best_costs, growth, quality, seconds_to
from benchmarks.marks import marks
from benchmarks.methods.method import Point
from benchmarks.single import thinned
from benchmarks.summary import beside, columns, fits, groups, per_instance, show, whole


def row(**cells: object) -> store.Row:
    usual = {
        "table": "grids", "instance": "g5", "n": 25, "k": 5, "method": "territorykit", "seed": 1, "time_limit": 60.0,
        "workers": 1, "status": "feasible", "feasible": True, "cost": 101.0, "reference": 100.0, "ratio": 1.01,
        "deviation": "0.0100 0.0200", "wall_s": 2.0, "cpu_s": 4.0, "date": "d1", "versions": "numpy 2; python 3",
    }  # fmt: skip
    return {name: store.text((usual | cells).get(name)) for name in store.FIELDS}


def trace(run: store.Row, *points: tuple[float, float, float]) -> dict[tuple[str, ...], list[store.Row]]:
    names = ("seconds", "cost", "violation")
    return {store.key(run): [dict(zip(names, map(store.text, point), strict=True)) for point in points]}


def point(seconds: float, objective: float, violation: float = 0.0) -> Point:
    return Point(seconds=seconds, iterations=0, objective=objective, violation=violation)


def test_rows_survive_the_disk_and_later_ones_replace_earlier_ones(tmp_path) -> None:
    path = tmp_path / "deep" / "grids.csv"
    first, again, other = row(message='a "quoted", text'), row(cost=99.0, date="d2"), row(seed=2)
    store.append(path, store.FIELDS, [first])
    store.append(path, store.FIELDS, [again, other])
    assert store.read(path) == [first, again, other]
    assert list(store.latest(path).values()) == [again, other]
    assert path.read_text("utf-8").count("table,instance") == 1
    assert store.read(tmp_path / "none.csv") == []


def test_traces_of_replaced_runs_are_left_out(tmp_path) -> None:
    path = tmp_path / "traces.csv"
    for date in ("d1", "d2"):
        store.append(path, store.TRACE, [row(date=date) | {"seconds": 1, "cost": 5, "violation": 0}])
    found = store.traces(path, [row(date="d2")])
    assert [[p["date"] for p in points] for points in found.values()] == [["d2"]]


def test_a_long_trace_keeps_its_ends_and_its_first_sound_plan() -> None:
    long = tuple(point(0.01 * (i + 1), 1000.0 - i, 1.0 if i < 333 else 0.0) for i in range(1000))
    short = thinned(long, points=20)
    assert len(short) <= 23
    assert (short[0], short[-1]) == (long[0], long[-1])
    assert long[333] in short
    assert thinned((point(1, 5), point(2, 6), point(3, 4))) == [point(1, 5), point(3, 4)]
    assert thinned(()) == []


def test_a_quality_is_reached_by_a_plan_that_breaks_nothing() -> None:
    run = row()
    points = trace(run, (0.5, 90, 1), (1, 110, 0), (2, 102, 0), (3, 101, 0))[store.key(run)]
    assert seconds_to(points, np.inf) == 1
    assert seconds_to(points, 102) == 2
    assert seconds_to(points, 100) is None


def test_the_best_cost_counts_feasible_runs_only() -> None:
    rows = [row(), row(seed=2, cost=90.0, feasible=False), row(seed=3, cost=100.0)]
    assert best_costs(rows) == {("grids", "g5"): 100.0}


def test_a_cost_that_grows_as_n_log_n_is_recognised() -> None:
    n = np.array([1e3, 1e4, 1e5])
    line = Growth(n, 3e-6 * n * np.log2(n))
    assert line.factor == pytest.approx(3)
    assert 1.0 < line.exponent < 1.2
    assert Growth(n[:2], n[:2]).exponent is None


def test_growth_takes_the_fastest_run_in_cpu_seconds() -> None:
    fast, slow = row(cost=100.5, wall_s=2.0, cpu_s=4.0), row(seed=2, cost=100.0)
    traces = trace(fast, (1, 100.5, 0)) | trace(slow, (5, 100, 0))
    found = growth([fast, slow], traces, 0.01)
    assert found.seconds.tolist() == [2.0]
    assert growth([fast, slow], traces, 0.001).seconds.tolist() == [10.0]
    assert growth([], {}, None) is None


def test_quality_over_time_starts_where_there_is_a_plan() -> None:
    run = row()
    lines = quality([run], trace(run, (1, 202, 0), (2, 101, 0)), np.array([0.5, 1, 3]))
    assert lines.tolist() == [[np.inf, 2.02, 1.01]]


def test_marks_tell_hits_from_misses() -> None:
    good = [row(table="tracts", instance=s, ratio=0.998, reference_note="open by 2 %") for s in "ABC"]
    assert [mark.hit for mark in marks("tracts", good, {})] == [True, True, True]
    bad = [*good, row(table="tracts", instance="D", feasible=False, ratio=0.9)]
    assert [mark.hit for mark in marks("tracts", bad, {})] == [False, True, True]
    assert str(marks("kong_sap", [row(ratio=1.01)], {})[1]) == (
        "MISS  mean ratio at most 1.001: 1.01000 over 1 feasible runs"
    )
    large = row(table="scale", instance="ew-oa", feasible_s=90.0, peak_mb=5000)
    assert [mark.hit for mark in marks("scale", [large], {})] == [True, False]
    slow = row(table="peers", instance="d3k")
    found = marks("peers", [slow], trace(slow, (3, 100, 0)))
    assert [mark.hit for mark in found] == [True, False, False]
    assert "6.00 s" in found[-1].found
    tabu = row(table="dl_commercial", n=10_000, ratio=1.01, second_reference=101.5)
    assert [mark.hit for mark in marks("dl_commercial", [tabu], {})] == [True, True, True]
    assert marks("grids", [row()], {}) == []


def test_instances_stand_in_lines_with_a_sign_at_what_is_not_feasible() -> None:
    rows = [
        row(),
        row(seed=2, ratio=1.5, feasible=False),
        row(instance="g6", status="timeout", feasible=False, cost=None, ratio=None),
    ]
    head, first, second = per_instance(rows)
    assert head[3:5] == ["seed 1", "seed 2"]
    assert first[3:8] == ["1.01000", "1.50000!", "1.01000", "1.01000", "1/2"]
    assert second[3:5] == ["timeout", ""]
    assert columns([["a", "b"], ["long", "1"]]) == "a     b\nlong  1"
    assert whole(rows) == "1 of 3 runs feasible; ratio: mean 1.01000, median 1.01000, worst 1.01000"


def test_a_proof_that_no_plan_exists_is_counted() -> None:
    none = {"feasible": False, "ratio": None, "reference_note": "no plan exists"}
    rows = [row(status="infeasible", **none), row(seed=2, status="violating", **none)]
    assert whole(rows) == "0 of 2 runs feasible; no plan exists for 2, which 1 of these runs prove"


def test_runs_are_grouped_by_method_limit_and_workers() -> None:
    rows = [row(), row(time_limit=5.0), row(time_limit=0.0), row(workers=2), row(method="kmeans")]
    assert list(groups(rows)) == [
        ("territorykit", "5 s", "1"),
        ("territorykit", "own budget", "1"),
        ("territorykit", "the table's limits", "1"),
        ("territorykit", "the table's limits", "2"),
        ("kmeans", "the table's limits", "1"),
    ]


def test_methods_stand_beside_each_other() -> None:
    rows = [
        row(table="peers", instance="g3"),
        row(table="peers", instance="g3-s1"),
        row(table="peers", instance="g3", method="metis", feasible=False),
    ]
    head, ours, metis = beside(rows)
    assert head == ["method", "g3"]
    assert ours == ["territorykit, 60 s", "4.0 / 1.0 / 2.0 / 101 / 1 of 1"]
    assert metis[1].endswith("0 of 1")


def test_the_page_fills_its_blocks_and_knows_them_all(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(page, "IMAGES", tmp_path)
    text = page.PAGE.read_text("utf-8")
    assert {match["name"] for match in page.BLOCK.finditer(text)} == set(page.BLOCKS)
    run, piece = row(), row(table="scale", instance="size-1k", n=1000, reference=None, ratio=None)
    tables = {"grids": ([run], trace(run, (1, 101, 0))), "scale": ([piece], trace(piece, (1, 101, 0)))}
    filled = page.filled(text, tables)
    assert "| Square grids into districts of equal size | territorykit | 1 of 1 runs feasible;" in filled
    assert "1,000: 2.00 s" in filled
    assert {path.name for path in tmp_path.iterdir()} == {"benchmark-quality.png", "benchmark-size.png"}
    assert page.filled(filled, tables) == filled
    assert page.filled(text, {}).count(page.NOT_RUN) == len(page.BLOCKS)
    with pytest.raises(SystemExit, match="blocks that nobody writes: odd"):
        page.filled("<!-- begin odd -->\n<!-- end -->", {})


def test_committed_results_hold_no_published_values(tmp_path) -> None:
    page.write_results({"grids": ([row(seed=2), row()], {})}, tmp_path)
    found = store.read(tmp_path / "grids.csv")
    assert [line["seed"] for line in found] == ["1", "2"]
    assert "reference" not in found[0]


def test_a_picture_holds_runs_of_one_setting() -> None:
    rows = [row(time_limit=5.0), row(), row(seed=2), row(method="kmeans")]
    assert plots.largest(rows) == rows[1:3]
    assert plots.largest([]) == []


def test_nothing_to_show_makes_no_picture(tmp_path) -> None:
    assert not plots.quality_against_time({"grids": ([row(ratio=None)], {})}, tmp_path / "a.png")
    assert not plots.cost_against_size(fits([], {}), tmp_path / "b.png")


def test_the_summary_prints_tables_and_marks(tmp_path, capsys) -> None:
    store.append(tmp_path / "kong_sap.csv", store.FIELDS, [row(table="kong_sap", instance="zy_13a")])
    show(tmp_path, "kong_sap")
    show(tmp_path, "cpmp")
    printed = capsys.readouterr().out
    assert "=== kong_sap" in printed
    assert "hit   feasible on every run: 1 of 1" in printed
    assert "cpmp" not in printed
