"""A report of a plan or a result: one HTML file that can be mailed, printed and kept."""

import platform
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from os import PathLike

import geopandas as gpd
import numpy as np

import territorykit
from territorykit._saving import replacing, target
from territorykit.criteria.balance import relative_deviation
from territorykit.criteria.contiguity import pieces
from territorykit.criteria.objective import term_values
from territorykit.criteria.violations import violations
from territorykit.errors import DataError, listing
from territorykit.evaluate.scorecard import Scorecard, evaluate, unit_of
from territorykit.evaluate.tables import figure
from territorykit.model.objective import sum_of
from territorykit.model.plan import Plan
from territorykit.model.requirements import Balance
from territorykit.model.result import Conflict, Result, Status, Violation
from territorykit.present.page import (
    Cell,
    badge,
    bullets,
    deviation,
    document,
    paragraph,
    picture,
    section,
    table,
    terms,
    title_line,
)
from territorykit.present.pictures import map_picture, trace_picture

_STATUS = {
    Status.OPTIMAL: ("good", "The plan meets every requirement and is proven best within the gap asked for."),
    Status.FEASIBLE: ("good", "The plan meets every requirement. How close it is to the best one is not proven here."),
    Status.VIOLATING: ("bad", "The plan breaks requirements, listed below. Whether a better one exists is open."),
    Status.INFEASIBLE: ("bad", "No plan meets every requirement. This is proven; the conflicts below say why."),
    Status.NOT_FOUND: ("bad", "No plan was found, and nothing is proven."),
}
_STOPPED = {
    "finished": "the search was finished",
    "iterations": "the number of iterations was reached",
    "time_limit": "the time limit was reached",
    "rule": "the stopping rule was met",
    "interrupt": "it was interrupted",
    "infeasible": "the requirements collide",
}
_PACKAGES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "networkx", "numba", "scikit-learn", "pulp")
_SHOWN = ("Polsby-Popper", "largest distance to center", "connected pieces")


def write_report(
    outcome: Result | Plan, areas: gpd.GeoDataFrame | None, path: str | PathLike[str], *, title: str | None = None
) -> None:
    """Write a report as one HTML file that needs no network and runs no script.

    It holds the status, the map, the scorecard overall and per territory, violations, conflicts, things to
    know about the data, the settings, the course of the search and the versions of the software.

    Parameters
    ----------
    outcome
        What `solve` returned, with or without a plan, or a plan; a plan is checked against the
        requirements of its problem.
    areas
        GeoDataFrame indexed by unit id, or None: the map then shows points.
    path
        The file, ``.html`` or ``.htm``. An existing one is replaced, in one step.
    title
        Heading of the report.

    Raises
    ------
    DataError
        If ids do not match, the suffix is another or the folder is not there.
    BackendError
        If matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tk.write_report(tk.Plan(tk.Problem(graph, 1), [0, 0]), None, f"{folder}/plan.html", title="One territory")
    ...     "<title>One territory</title>" in Path(folder, "plan.html").read_text("utf-8")
    True
    """
    file = target(path, (".html", ".htm"))
    if not isinstance(outcome, Result | Plan):
        message = f"a report needs a Result or a Plan, got a {type(outcome).__name__}"
        raise DataError(message)
    result = outcome if isinstance(outcome, Result) else None
    plan = outcome if isinstance(outcome, Plan) else outcome.plan
    heading = title or ("Territory plan" if plan is not None else "Territories: no plan")
    found = result.violations if result is not None else violations(plan) if plan is not None else ()
    body = list(_head(heading, plan, result, found))
    if plan is not None:
        body.append(section("Map", _map(plan, areas)))
    body += _findings(plan, result, found)
    if plan is not None:
        card = evaluate(plan, areas)
        body.append(section("Scorecard", _overall(card)))
        body.append(section("Territories", _each(plan, card)))
        body.append(section("To know about the data", bullets(list(_remarks(plan, areas, result)))))
    body.append(section("Course of the search", _course(result)))
    body.append(section("Settings", terms(_settings(plan, result))))
    body.append(section("Versions", terms(_versions())))
    with replacing(file) as (draft,):
        draft.write_text(document(heading, body), "utf-8")


def _head(heading: str, plan: Plan | None, result: Result | None, found: tuple[Violation, ...]) -> Iterator[str]:
    yield title_line(heading)
    if result is not None:
        kind, meaning = _STATUS[result.status]
        yield badge(result.status.value, kind)
        why = _STOPPED.get(result.stopped_by, result.stopped_by)
        yield paragraph(f"{meaning} It stopped after {result.runtime:,.1f} s because {why}.")
    elif found:
        yield badge("breaks requirements", "bad")
    elif plan is not None and plan.problem.requirements:
        yield badge("meets every requirement", "good")
    if plan is not None:
        graph = plan.problem.graph
        yield paragraph(f"{graph.n_units:,} units in {plan.problem.n_territories:,} territories.")
    if plan is not None and result is not None:
        yield paragraph(_objective(plan, result))
    yield paragraph(f"Written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.", soft=True)


def _objective(plan: Plan, result: Result) -> str:
    problem = plan.problem
    unit = problem.objective_unit
    text = f"Objective {figure(result.objective, unit)} {unit}"
    if len(problem.terms) > 1:
        units = [problem.unit_of_measure(term) for term in problem.terms]
        each = zip(problem.terms, term_values(plan), units, strict=True)
        text += " of " + ", ".join(f"{sum_of([term])}: {figure(value, u)} {u}" for term, value, u in each)
    if result.bound is None:
        return f"{text}; no bound is proven."
    if result.bound.centers == "given":
        return f"{text}; for these centers no plan is below {figure(result.bound.value, unit)} {unit}."
    gap = "" if result.gap is None else f", a gap of {result.gap:.2%}"
    return f"{text}; no plan is below {figure(result.bound.value, unit)} {unit}{gap}."


def _findings(plan: Plan | None, result: Result | None, found: tuple[Violation, ...]) -> Iterator[str]:
    """What is broken, and what cannot be met."""
    if plan is not None and not found:
        requirements = plan.problem.requirements
        text = "None: every requirement is met." if requirements else "The problem has no requirements."
        yield section("Violations", paragraph(text))
    conflicts = result.conflicts if result is not None else ()
    yield section(f"Violations: {len(found):,}", _violations(found))
    yield section(f"Conflicts: {len(conflicts):,}", _conflicts(conflicts))


def _violations(found: tuple[Violation, ...]) -> str:
    if not found:
        return ""
    header = [Cell("what"), Cell("requirement"), Cell("measured", right=True), Cell("allowed", right=True)]
    rows = [
        [
            Cell(v.message),
            Cell(repr(v.requirement)),
            Cell(_number(v.measured), right=True),
            Cell(_number(v.allowed), right=True),
        ]
        for v in found
    ]
    return table(header, rows, "Violations", kind="prose")


def _conflicts(found: tuple[Conflict, ...]) -> str:
    if not found:
        return ""
    columns = ("needed", "allowed", "would do")
    header = [Cell("what"), Cell("requirement"), *(Cell(column, right=True) for column in columns)]
    rows = [
        [
            Cell(c.message), Cell(repr(c.requirement)),
            *(Cell(_number(value), right=True) for value in (c.needed, c.allowed, c.relaxation)),
        ]
        for c in found
    ]  # fmt: skip
    return table(header, rows, "Conflicts", kind="prose")


def _number(value: float | None) -> str:
    return "" if value is None else figure(value, "")


def _map(plan: Plan, areas: gpd.GeoDataFrame | None) -> str:
    names = plan.problem.names
    alt = f"Map of {plan.problem.graph.n_units:,} units in {len(names):,} territories: {listing(names)}."
    return picture(map_picture(plan, areas), alt)


def _overall(card: Scorecard) -> str:
    header, rows = card.summary()
    heads = [Cell(text, right=i == 1) for i, text in enumerate(header)]
    cells = [[Cell(text, right=i == 1) for i, text in enumerate(row)] for row in rows]
    note = paragraph("Lowest and highest name the territory in brackets.", soft=True)
    return table(heads, cells, "Scorecard") + note


def _each(plan: Plan, card: Scorecard) -> str:
    """One row per territory: sizes, deviations with bars, and the shape."""
    counts = np.bincount(plan.labels, minlength=plan.problem.n_territories)
    columns = [(Cell("units", right=True), [Cell(f"{count:,}", right=True) for count in counts])]
    for activity in plan.problem.graph.activities:
        unit = unit_of(plan, activity.name)
        sizes = [Cell(figure(float(size), unit), right=True) for size in plan.sizes(activity.name)]
        columns.append((Cell(f"{activity.name} ({unit})", right=True), sizes))
        columns.append((Cell(f"{activity.name} off target", right=True), _deviations(plan, activity.name)))
    for score in (card[name] for name in _SHOWN if name in card):
        values = [] if score.per_territory is None else score.per_territory.tolist()
        cells = [Cell(figure(value, score.unit_of_measure), right=True) for value in values]
        unit = f" ({score.unit_of_measure})" if score.unit_of_measure == "m" else ""
        columns.append((Cell(f"{score.name}{unit}", right=True), cells))
    header = [Cell("territory"), *(head for head, _ in columns)]
    names = [[Cell(name)] for name in plan.problem.names]
    rows = [row + [cells[t] for _, cells in columns] for t, row in enumerate(names)]
    return table(header, rows, "Territories") + _bar_note(plan)


def _deviations(plan: Plan, activity: str) -> list[Cell]:
    shares, band = relative_deviation(plan, activity), _band(plan, activity)
    reach = max(float(np.abs(shares).max()), 1.25 * (band or 0.0))
    return [deviation(float(share), reach, band) for share in shares]


def _band(plan: Plan, activity: str) -> float | None:
    bands = [r.tolerance for r in plan.problem.of_type(Balance) if r.activity == activity]
    return min(bands, default=None)


def _bar_note(plan: Plan) -> str:
    bands = [f"{r.activity} {r.tolerance:.1%}" for r in plan.problem.of_type(Balance)]
    if not bands:
        return ""
    return paragraph(f"The shaded part of a bar is the band around the target: {', '.join(bands)}.", soft=True)


def _remarks(plan: Plan, areas: gpd.GeoDataFrame | None, result: Result | None) -> Iterator[str]:
    """What a reader should know before relying on the figures."""
    graph = plan.problem.graph
    if graph.bridges is not None and len(graph.bridges):
        pairs = [f"{graph.ids[a]} - {graph.ids[b]}" for a, b in graph.bridges]
        yield f"{len(pairs):,} bridges join units that share no border: {listing(pairs)}."
    for activity in graph.activities:
        empty = graph.ids[activity.values == 0]
        if len(empty):
            yield f"{len(empty):,} units have 0 of {activity.name}: {listing(empty)}."
    parts = pieces(plan)
    torn = [plan.problem.names[t] for t in np.flatnonzero(parts > 1)]
    if torn:
        yield f"{len(torn):,} territories are in several pieces: {listing(torn)}."
    if graph.border_lengths is None or graph.area is None or graph.perimeter is None:
        yield "The graph holds no borders or areas: shapes are not measured."
    if areas is None:
        yield "No areas were given: the map shows units as points, and Reock's index is not measured."
    if plan.centers is None:
        yield "The plan names no centers: distances are measured from the unit nearest each territory's centroid."
    if result is not None and result.bound is not None and result.bound.centers == "given":
        yield "The bound holds for plans with these centers only, not for every plan."


def _course(result: Result | None) -> str:
    if result is None or len(result.trace) < 2:  # noqa: PLR2004 - one point is no course
        return ""
    first, last = result.trace[0], result.trace[-1]
    alt = (
        f"Objective over {last.seconds:,.1f} seconds, from {first.objective:,.6g} to {last.objective:,.6g}; "
        f"violation from {first.violation:,.6g} to {last.violation:,.6g}."
    )
    return picture(trace_picture(result.trace), alt)


def _settings(plan: Plan | None, result: Result | None) -> Iterator[tuple[str, str]]:
    if plan is not None:
        problem = plan.problem
        yield "Territories", f"{problem.n_territories:,}"
        yield "Requirements", ", ".join(map(repr, problem.requirements)) or "none"
        yield "Objective", " + ".join(map(repr, problem.terms))
        yield "Coordinate system", problem.graph.crs or "not named"
        yield "Neighbors", f"{len(problem.graph.edges):,} pairs of units"
    if result is not None:
        yield "Method", result.method
        yield "Seed", str(result.seed)
        yield "Seconds", f"{result.runtime:,.1f}"
        yield "Stopped by", result.stopped_by.replace("_", " ")
        if result.trace:
            yield "Iterations", f"{result.trace[-1].iterations:,}"
        if result.bound is not None:
            yield "Bound", f"{result.bound.method}, {result.bound.runtime:,.1f} s, centers {result.bound.centers}"


def _versions() -> Iterator[tuple[str, str]]:
    yield "territorykit", territorykit.__version__
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield package, version(package)
