"""Plans in a PostGIS database, and back again."""

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Objects
from territorykit.criteria.balance import relative_deviation, targets
from territorykit.errors import DataError, PlanError, Problems, listing
from territorykit.evaluate.geometry import align
from territorykit.load.connection import Database, connected
from territorykit.load.inputs import MULTIPOLYGON, POLYGON, Crs, crs_name, parse_crs
from territorykit.load.sql import bad_texts, srid_of
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Result
from territorykit.present.frames import outlines, shapes_of
from territorykit.present.plan_tables import PREFIX, PlanTables, check_place, existing_tables, ready_tables

if TYPE_CHECKING:
    import sqlalchemy as sa

_INTEGER, _TEXT = "integer", "text"
_WHOLE = re.compile(r"-?\d{1,4000}", re.ASCII)


class _Outlines(NamedTuple):
    """The ground of each territory, and the system of its coordinates."""

    shapes: Objects | None
    crs: pyproj.CRS | None


def write_plan_postgis(
    outcome: Plan | Result,
    areas: gpd.GeoDataFrame | None,
    con: Database,
    *,
    name: str,
    schema: str | None = None,
    prefix: str = PREFIX,
    crs: Crs | None = None,
    if_exists: Literal["error", "replace"] = "error",
) -> None:
    """Write a plan into a PostGIS database, for GIS, for queries, and for `read_plan_postgis`.

    Four tables hold any number of plans: ``<prefix>_plans`` with one row per plan, ``<prefix>_territories``
    with the dissolved outline of each territory, ``<prefix>_units`` with the territory of each unit, and
    ``<prefix>_sizes`` with size, target and deviation by territory and activity. They are made where they
    are missing.

    All is written in one transaction: the whole plan, or nothing. Others who write other plans do not wait;
    of two who write the same plan, the second waits for the first, and then replaces it or gets the error.

    Parameters
    ----------
    outcome
        The plan to write, or what `solve` returned: then status, objective, bound, gap, method and seed are
        kept as well, also of a plan that breaks requirements.
    areas
        GeoDataFrame of polygons indexed by unit id; None to write no outlines.
    con
        Where the database is, as in `read_areas_postgis`. In a Connection that has a transaction open, it is
        yours to commit.
    name
        Name of the plan, any text.
    schema
        Schema of the tables, which must be there; without it the first of the server's search path.
    prefix
        What the names of the tables start with.
    crs
        Coordinate system for the outlines, one that the database lists; the areas' own without it. All
        plans under one prefix share it.
    if_exists
        What to do where there is a plan of this name: "error" or "replace".

    Raises
    ------
    DataError
        If ids do not match, areas are no polygons or state no coordinate system, a text cannot be kept by
        PostgreSQL, tables of these names have other columns or another coordinate system, or there is a
        plan of this name.
    NoPlanError
        If the result holds no plan.
    BackendError
        If SQLAlchemy or the driver is not installed, the server cannot be reached, it has no PostGIS, or the
        user may not write there.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1])
    >>> tk.write_plan_postgis(plan, None, "postgresql://me@host/sales", name="")
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: plan: name= is ''; pass its name as a text
    """
    plan = _plan_of(outcome)
    _check_texts(outcome, plan, name, schema, prefix, if_exists)
    ground = _outlines(plan, areas, crs)
    with connected(con, write=True) as connection:
        srid = None if ground.crs is None else srid_of(ground.crs, connection)
        tables = ready_tables(connection, schema, prefix, srid)
        row = _plan_row(outcome, plan, name, ground)
        _insert_plan(connection, tables, row, replace=if_exists == "replace")
        _insert_rows(connection, tables, plan, name, ground.shapes)


def read_plan_postgis(
    con: Database, problem: Problem, *, name: str, schema: str | None = None, prefix: str = PREFIX
) -> Plan:
    """Read a plan that `write_plan_postgis` wrote.

    Parameters
    ----------
    con
        Where the database is, as in `read_areas_postgis`.
    problem
        The problem that the plan answers. Where it names no territories, the names are taken from the
        database, in the order in which they were written.
    name
        Name of the plan.
    schema, prefix
        As in `write_plan_postgis`.

    Returns
    -------
    Plan
        The plan, with territory names and centers.

    Raises
    ------
    DataError
        If there is no such plan, or its tables are not there.
    PlanError
        If its units or territories are not those of the problem.
    BackendError
        If SQLAlchemy or the driver is not installed, or the server cannot be reached.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> tk.read_plan_postgis("sqlite://", tk.Problem(graph, 2), name="spring")
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: con is a sqlite database; PostGIS is an extension of PostgreSQL
    """
    problems = Problems("plan")
    if not isinstance(problem, Problem):
        problems.add(f"problem is a {type(problem).__name__}", "pass a Problem")
    _check_plan_name(name, problems)
    check_place(schema, prefix, problems)
    problems.raise_as(DataError)
    with connected(con) as connection:
        tables = existing_tables(connection, schema, prefix)
        rows = _rows(connection, tables, name)
    whole = rows[0].unit_ids == _INTEGER
    strange = [row.unit for row in rows if whole and not _WHOLE.fullmatch(row.unit)]
    if strange:
        message = f"plan: units that are no whole numbers, though {name!r} has such: {listing(strange)}; write it anew"
        raise PlanError(message)
    convert = int if whole else str
    places = {row.territory: row.position for row in rows}
    names = sorted(places, key=places.__getitem__)
    if problem.territory_names is None and set(names) != set(problem.names) and len(names) == problem.n_territories:
        problem = problem.replace(territory_names=names)
    plan = Plan.from_labels(problem, {convert(row.unit): row.territory for row in rows})
    ids = {str(unit): unit for unit in problem.graph.ids.tolist()}
    centers = {row.territory: None if row.center is None else ids.get(row.center, row.center) for row in rows}
    return _with_centers(plan, centers)


def _plan_of(outcome: Plan | Result) -> Plan:
    if isinstance(outcome, Result):
        return outcome.plan if outcome.plan is not None else outcome.require_plan()
    if not isinstance(outcome, Plan):
        message = f"outcome is a {type(outcome).__name__}; pass a Plan, or the Result of solve"
        raise DataError(message)
    return outcome


def _check_plan_name(name: object, problems: Problems) -> None:
    if not isinstance(name, str) or not name:
        problems.add(f"name= is {name!r}", "pass its name as a text")
    elif bad_texts([name]):
        problems.add(f"name={name!r} holds a NUL or half a character", "PostgreSQL keeps neither; rename the plan")


def _check_texts(  # noqa: PLR0917 - all that is written
    outcome: Plan | Result, plan: Plan, name: str, schema: str | None, prefix: str, if_exists: str
) -> None:
    """Everything that PostgreSQL would refuse, before anything is written."""
    problems = Problems("plan")
    _check_plan_name(name, problems)
    check_place(schema, prefix, problems)
    if if_exists not in ("error", "replace"):
        problems.add(f"if_exists= is {if_exists!r}", "pass 'error' or 'replace'")
    graph = plan.problem.graph
    texts = {
        "unit ids": [unit for unit in graph.ids if isinstance(unit, str)],
        "territory names": plan.problem.names,
        "activity names": [activity.name for activity in graph.activities],
        "units of measure": [activity.unit_of_measure for activity in graph.activities],
        "methods": [outcome.method] if isinstance(outcome, Result) else [],
    }
    for role, values in texts.items():
        bad = bad_texts(values)
        if bad:
            problems.add(
                f"{len(bad):,} {role} hold a NUL or half a character: {listing(bad)}",
                "PostgreSQL keeps neither; rename them",
            )
    problems.raise_as(DataError)


def _outlines(plan: Plan, areas: gpd.GeoDataFrame | None, crs: Crs | None) -> _Outlines:
    """The ground of the territories as multipolygons, in the system asked for."""
    problems = Problems("areas")
    system = None if crs is None else parse_crs(crs, problems)
    if areas is None:
        problems.raise_as(DataError)
        return _Outlines(None, system)
    rows = align(plan, areas)
    shapes = shapes_of(plan, rows)
    if rows.crs is None:
        problems.add("the coordinate system is not stated", "name it with areas.set_crs(...)")
    other = ~np.isin(shapely.get_type_id(shapes), (POLYGON, MULTIPOLYGON))
    if other.any():
        units = listing(plan.problem.graph.ids[other])
        problems.add(f"{int(other.sum()):,} geometries are no polygons: {units}", "pass polygons, or areas=None")
    problems.raise_as(DataError)
    ground = gpd.GeoSeries(outlines(plan, rows), crs=rows.crs)
    if system is not None:
        ground = ground.to_crs(system)
    found = np.array([_multipolygon(shape) for shape in ground], object)
    lost = ~np.isfinite(shapely.bounds(found)).all(axis=1)
    if lost.any():
        names = listing([plan.problem.names[t] for t in np.flatnonzero(lost)])
        remedy = "check the system that the areas state, or name another with crs="
        message = f"areas: territories have no finite outline in {crs_name(ground.crs)}: {names}; {remedy}"
        raise DataError(message)
    return _Outlines(found, ground.crs)


def _multipolygon(shape: Any) -> shapely.MultiPolygon:  # noqa: ANN401 - a shapely geometry
    """All ground of a geometry in two dimensions; lines and points, which have none, are left out."""
    parts = shapely.get_parts(shapely.get_parts(shapely.force_2d(shape)))
    return shapely.MultiPolygon([part for part in parts if shapely.get_type_id(part) == POLYGON])


def _plan_row(outcome: Plan | Result, plan: Plan, name: str, ground: _Outlines) -> dict[str, Any]:
    graph = plan.problem.graph
    row: dict[str, Any] = {
        "plan": name,
        "unit_ids": _INTEGER if isinstance(graph.ids[0], int) else _TEXT,
        "n_units": graph.n_units,
        "n_territories": plan.problem.n_territories,
        "crs": None if ground.shapes is None or ground.crs is None else crs_name(ground.crs),
    }
    row |= dict.fromkeys(("status", "objective", "bound", "gap", "method", "seed"))
    if isinstance(outcome, Result):
        free = outcome.bound is not None and outcome.bound.centers == "free"
        row |= {
            "status": outcome.status.value,
            "objective": outcome.objective,
            "bound": outcome.bound.value if free and outcome.bound is not None else None,
            "gap": outcome.gap,
            "method": outcome.method,
            "seed": outcome.seed,
        }
    return row


def _insert_plan(connection: "sa.Connection", tables: PlanTables, row: dict[str, Any], *, replace: bool) -> None:
    """The plan's own row, which holds back others who write the same plan until this one is done."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - an extra

    values = {column: _number(value) for column, value in row.items()} | {"created_at": sa.func.now()}
    statement = insert(tables.plans).values(values)
    key = [tables.plans.c.plan]
    if replace:
        statement = statement.on_conflict_do_update(index_elements=key, set_=values)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    if connection.scalar(statement.returning(tables.plans.c.plan)) is None:
        message = f"there is a plan {row['plan']!r} already; pass if_exists='replace', or choose another name"
        raise DataError(message)
    for table in (tables.sizes, tables.units, tables.territories):
        connection.execute(sa.delete(table).where(table.c.plan == row["plan"]))


def _insert_rows(
    connection: "sa.Connection", tables: PlanTables, plan: Plan, name: str, shapes: Objects | None
) -> None:
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    problem, graph = plan.problem, plan.problem.graph
    k = problem.n_territories
    counts = np.bincount(plan.labels, minlength=k).tolist()
    centers = [None] * k if plan.centers is None else [str(unit) for unit in graph.ids[plan.centers]]
    wkb = [None] * k
    if shapes is not None:
        wkb = shapely.to_wkb(shapely.set_srid(shapes, tables.srid), hex=True, include_srid=True).tolist()
    columns = zip(problem.names, range(k), counts, centers, wkb, strict=True)
    keys = ("plan", "territory", "position", "n_units", "center", "geom")
    connection.execute(sa.insert(tables.territories), [dict(zip(keys, (name, *row), strict=True)) for row in columns])
    labels = zip(graph.ids, plan.to_names(), strict=True)
    rows = [{"plan": name, "unit": str(unit), "territory": territory} for unit, territory in labels]
    connection.execute(sa.insert(tables.units), rows)
    sizes = _size_rows(plan, name)
    if sizes:
        connection.execute(sa.insert(tables.sizes), sizes)


def _size_rows(plan: Plan, name: str) -> list[dict[str, Any]]:
    keys = ("territory", "size", "target", "deviation")
    rows = []
    for activity in plan.problem.graph.activities:
        measures = [f(plan, activity.name).tolist() for f in (Plan.sizes, targets, relative_deviation)]
        common = {"plan": name, "activity": activity.name, "unit_of_measure": activity.unit_of_measure}
        rows += [common | dict(zip(keys, row, strict=True)) for row in zip(plan.problem.names, *measures, strict=True)]
    return rows


def _number(value: Any) -> Any:  # noqa: ANN401 - what a column holds
    """A value as drivers know it: numpy's numbers as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _rows(connection: "sa.Connection", tables: PlanTables, name: str) -> list[Any]:
    """One row per unit, from one statement: a plan that is being replaced is seen as it was or as it will be."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    plans, territories, units = tables.plans, tables.territories, tables.units
    columns = (plans.c.unit_ids, territories.c.territory, territories.c.position, territories.c.center, units.c.unit)
    joined = plans.join(territories, plans.c.plan == territories.c.plan).join(
        units, (units.c.plan == territories.c.plan) & (units.c.territory == territories.c.territory)
    )
    rows = list(connection.execute(sa.select(*columns).select_from(joined).where(plans.c.plan == name)))
    if not rows:
        known = connection.scalars(sa.select(plans.c.plan).order_by(plans.c.created_at.desc())).all()
        message = f"there is no plan {name!r}; the latest are {listing(known) or 'none at all'}"
        raise DataError(message)
    return rows


def _with_centers(plan: Plan, centers: dict[str, Any]) -> Plan:
    without = [name for name in plan.problem.names if centers[name] is None]
    if len(without) == len(centers):
        return plan
    if without:
        message = f"plan: territories without a center: {listing(without)}; set one for each, or none at all"
        raise PlanError(message)
    at = plan.problem.graph.positions([centers[name] for name in plan.problem.names])
    return Plan(plan.problem, plan.labels, at)
