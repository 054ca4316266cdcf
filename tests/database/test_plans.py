import dataclasses
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import grid_areas, grid_edges, grid_graph, grid_plan, plans, squares

import territorykit as tk
from territorykit.present import database

NAMES = ["west", "mid", "east"]
COLUMNS = [0, 1, 2, 0, 1, 2]
NOT_KEPT = ["\x00", "\ud800"]
HOSTILE = [
    'plan"; DROP TABLE victim; --', "Robert'); DROP TABLE victim", "100%", "%(x)s", "back\\slash", ":x",
    "华东", "🗺️", "e\u0301", "é", "null", "NULL", "\\N", " ", "tab\tline\nend\r", "{1,2}", "1", "01",
]  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@pytest.fixture
def store(place):
    """Write a plan of the small grid."""

    def write(plan=None, **options):
        plan = plan or grid_plan(COLUMNS, names=NAMES)
        areas = options.pop("areas") if "areas" in options else grid_areas(ids=plan.problem.graph.ids)
        tk.write_plan_postgis(plan, areas, **{"name": "spring", **place, **options})
        return plan

    return write


@pytest.mark.parametrize("centers", [None, [3, 4, 5]])
@pytest.mark.parametrize("ids", [[f"0{i}" for i in range(6)], [7, 5, 3, 2, 1, 0], ["7", "5", "3", "2", "1", "0"]])
def test_the_same_plan_comes_back(place, store, ids, centers):
    plan = store(grid_plan(COLUMNS, names=NAMES, centers=centers, ids=ids, requirements=[tk.Balance("calls", 0.3)]))
    assert tk.read_plan_postgis(place["con"], plan.problem, name="spring", schema=place["schema"]) == plan
    unnamed = plan.problem.replace(territory_names=None)
    again = tk.read_plan_postgis(place["con"], unnamed, name="spring", schema=place["schema"])
    assert again == plan, "names come back in their order"


def test_default_names_and_large_numbers_come_back(place, store):
    plan = store(grid_plan([2, 1, 0, 2, 1, 0], ids=[2**70 + i for i in range(6)]))
    again = tk.read_plan_postgis(problem=plan.problem, name="spring", **place)
    assert again == plan
    assert again.problem.territory_names is None


def test_what_the_tables_hold(store, sql):
    """Calls 1 to 6 on a grid of 2 by 3 squares of 1 km; columns sum to 5, 7 and 9, mean 7."""
    store(grid_plan(COLUMNS, names=NAMES, centers=[0, 4, 2]))
    assert sql(
        "SELECT territory, position, n_units, center, ST_Area(geom), ST_SRID(geom), GeometryType(geom)"
        " FROM {s}.territorykit_territories WHERE plan = 'spring' ORDER BY position"
    ) == [
        ("west", 0, 2, "u0", 2e6, 3083, "MULTIPOLYGON"),
        ("mid", 1, 2, "u4", 2e6, 3083, "MULTIPOLYGON"),
        ("east", 2, 2, "u2", 2e6, 3083, "MULTIPOLYGON"),
    ]
    assert sql(
        "SELECT territory, size, target, deviation, unit_of_measure FROM {s}.territorykit_sizes"
        " WHERE activity = 'calls' ORDER BY size"
    ) == [
        ("west", 5.0, 7.0, pytest.approx(-2 / 7), "calls/year"),
        ("mid", 7.0, 7.0, 0.0, "calls/year"),
        ("east", 9.0, 7.0, pytest.approx(2 / 7), "calls/year"),
    ]
    units = "SELECT string_agg(unit || '=' || territory, ' ' ORDER BY unit) FROM {s}.territorykit_units"
    assert sql(units) == [("u0=west u1=mid u2=east u3=west u4=mid u5=east",)]
    assert sql(
        "SELECT plan, unit_ids, n_units, n_territories, crs, status, now() - created_at < interval '1 minute'"
        " FROM {s}.territorykit_plans"
    ) == [("spring", "text", 6, 3, "EPSG:3083", None, True)]
    indexes = {row[0]: row[1] for row in sql("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = '{s}'")}
    assert "USING gist (geom)" in indexes["territorykit_territories_geom"]
    assert "(plan, territory)" in indexes["territorykit_units_territory"]
    geometry = "SELECT type, srid FROM geometry_columns WHERE f_table_schema = '{s}'"
    assert sql(geometry) == [("MULTIPOLYGON", 3083)]


def test_a_result_keeps_how_it_was_found(store, sql):
    result = tk.Result(
        tk.Status.VIOLATING, "iterations", grid_plan(COLUMNS), np.float64(2.5), None, None, (), (), 0.1, 7, "by %s hand"
    )
    store(result, areas=grid_areas())
    columns = "SELECT status, objective, bound, gap, method, seed FROM {s}.territorykit_plans"
    assert sql(columns) == [("violating", 2.5, None, None, "by %s hand", 7)]
    bound = tk.Bound(1.5, "free", np.zeros(6), "by hand", 0.0)
    store(dataclasses.replace(result, bound=bound, gap=0.25), areas=grid_areas(), if_exists="replace")
    assert sql(columns)[0][2:4] == (1.5, 0.25)
    given_centers = dataclasses.replace(result, bound=dataclasses.replace(bound, centers="given"))
    store(given_centers, areas=grid_areas(), if_exists="replace")
    assert sql(columns)[0][2:4] == (None, None), "a bound for given centers is none for the plan"
    nothing = dataclasses.replace(result, plan=None, status=tk.Status.NOT_FOUND)
    with pytest.raises(tk.NoPlanError):
        store(nothing, areas=grid_areas())


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 6))
def test_hostile_names_come_back(place, store, sql, start):
    sql("CREATE TABLE {s}.victim ()")
    part = HOSTILE[start : start + 6]
    calls = tk.Activity(part[3], range(6), part[4])
    plan = grid_plan(COLUMNS, names=part[::2], centers=[0, 1, 2], ids=part, activities=[calls])
    for name in part:
        store(plan, prefix=name, name=name)
        assert tk.read_plan_postgis(problem=plan.problem, prefix=name, name=name, **place) == plan
    assert sql("SELECT count(*) FROM {s}.victim") == [(0,)]


def test_schemas_with_hostile_names(store, place):
    name = sa.sql.quoted_name(f'{place["schema"]}%s"; DROP TABLE victim; --', quote=True)
    with place["con"].begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    try:
        for plan_name in ("a", "b"):
            plan = store(name=plan_name, schema=str(name))
        assert tk.read_plan_postgis(place["con"], plan.problem, name="b", schema=str(name)) == plan
    finally:
        with place["con"].begin() as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), texts=st.lists(TEXTS, min_size=17, max_size=17, unique=True))
def test_any_plan_with_any_texts_comes_back(place, store, plan, texts):
    name, names, ids = texts[0], texts[1:5][: plan.problem.n_territories], texts[5:]
    graph = grid_graph(3, 4, ids=ids, activities=plan.problem.graph.activities)
    plan = tk.Plan(plan.problem.replace(graph=graph, territory_names=names), plan.labels)
    store(plan, areas=None, name=name, if_exists="replace")
    assert tk.read_plan_postgis(problem=plan.problem, name=name, **place) == plan


def test_texts_that_cannot_be_kept_are_all_named(store, place, fails):
    calls = tk.Activity("calls\0", range(6), "\ud800/year")
    plan = grid_plan(COLUMNS, names=["a\0", "b", "c"], ids=["x\0", *"abcde"], activities=[calls])
    said = fails(tk.DataError, store, plan, name="\0", schema="\0", prefix="p" * 47, if_exists="append")[0]
    for part in (
        "8 problems", "name='\\x00' holds", "schema='\\x00' holds", "1 unit ids hold a NUL", "1 territory names hold",
        "1 activity names hold", "1 units of measure hold", "prefix= takes 47 bytes in UTF-8", "if_exists= is 'append'",
    ):  # fmt: skip
        assert part in said
    said = fails(tk.DataError, tk.read_plan_postgis, problem=plan.problem, name="", **place)[0]
    assert said == "plan: name= is ''; pass its name as a text"


def test_the_longest_names(store, place, sql):
    plan = store(prefix="p" * 46)
    assert tk.read_plan_postgis(problem=plan.problem, name="spring", prefix="p" * 46, **place) == plan
    assert len(sql("SELECT 1 FROM pg_indexes WHERE indexname = '" + "p" * 46 + "_territories_geom'")) == 1


def test_a_plan_of_this_name_is_replaced_on_demand_only(store, place, fails):
    first = store()
    other = store(name="autumn")
    second = grid_plan([0, 0, 1, 1, 2, 2], names=["a", "b", "c"], centers=[0, 2, 4])
    said = fails(tk.DataError, store, second)[0]
    assert said == "there is a plan 'spring' already; pass if_exists='replace', or choose another name"
    assert tk.read_plan_postgis(problem=first.problem, name="spring", **place) == first
    store(second, if_exists="replace")
    assert tk.read_plan_postgis(problem=second.problem, name="spring", **place) == second
    assert tk.read_plan_postgis(problem=other.problem, name="autumn", **place) == other
    said = fails(tk.DataError, tk.read_plan_postgis, problem=first.problem, name="summer", **place)[0]
    assert said == "there is no plan 'summer'; the latest are 'spring', 'autumn'"


@pytest.mark.parametrize("point", ["_size_rows", "targets"])
def test_a_failure_leaves_everything_as_it_was(store, place, sql, fails, monkeypatch, point):  # noqa: PLR0917 - fixtures
    def spoil(*_):
        if point == "targets":
            raise KeyboardInterrupt
        return [{"plan": "spring", "territory": "nowhere", "activity": "a", "unit_of_measure": "",
                 "size": 1.0, "target": 1.0, "deviation": 0.0}]  # fmt: skip

    def attempt(**options):
        with monkeypatch.context() as patch:
            patch.setattr(database, point, spoil)
            if point == "targets":
                with pytest.raises(KeyboardInterrupt):
                    store(**options)
            else:
                assert "violates foreign key constraint" in fails(tk.DataError, store, **options)[0]

    attempt()
    assert sql("SELECT relname FROM pg_class WHERE relname LIKE 'territorykit%' AND relnamespace = '{s}'::regnamespace"
               ) == []  # fmt: skip
    plan = store()
    attempt(plan=grid_plan([0, 0, 1, 1, 2, 2]), if_exists="replace")
    assert tk.read_plan_postgis(problem=plan.problem, name="spring", **place) == plan


def test_areas_that_do_not_fit(store, fails):
    plan, areas = grid_plan(COLUMNS), grid_areas()
    points = areas.set_geometry(areas.centroid)
    for wrong, message in [
        (areas.iloc[1:], "1 units of the plan have no row: 'u0'"),
        (points, "6 geometries are no polygons: 'u0'"),
        (areas.set_crs(None, allow_override=True), "the coordinate system is not stated"),
        (areas.set_geometry([None, *areas.geometry[1:]]), "no geometry for 1 units: 'u0'"),
    ]:
        assert message in fails(tk.DataError, store, plan, areas=wrong)[0]
    assert "crs='nowhere' is no coordinate system" in fails(tk.DataError, store, plan, crs="nowhere")[0]
    assert "outcome is a str" in fails(tk.DataError, store, "plan", areas=None)[0]


def test_coordinate_systems(store, sql, fails):
    areas = grid_areas().to_crs("+proj=laea +lat_0=31 +lon_0=-99 +units=m")
    said = fails(tk.DataError, store, areas=areas)[0]
    assert "the database knows no SRID for unknown; name a system that it lists, such as crs=" in said
    store(areas=areas, crs=3083)
    area = "SELECT ST_SRID(geom), sum(ST_Area(geom)) FROM {s}.territorykit_territories WHERE plan = '%s' GROUP BY 1"
    assert sql(area % "spring") == [(3083, pytest.approx(6e6))]
    degrees = grid_areas().to_crs("OGC:CRS84")
    said = fails(tk.DataError, store, areas=degrees, name="autumn")[0]
    assert "holds outlines of SRID 3083, and this plan's are of 4326; write it in that system with crs=" in said
    store(areas=degrees, name="autumn", crs="EPSG:3083")
    assert sql(area % "autumn") == [(3083, pytest.approx(6e6))]
    store(areas=grid_areas().to_crs("ESRI:102003"), prefix="esri")
    assert sql("SELECT DISTINCT ST_SRID(geom) FROM {s}.esri_territories") == [(102003,)]
    assert sql("SELECT crs FROM {s}.esri_plans") == [("ESRI:102003",)]
    assert "no finite outline" in fails(tk.DataError, store, areas=gpd.GeoDataFrame(
        geometry=shapely.box(np.arange(80, 86), 0, np.arange(81, 87), 1), index=grid_areas().index, crs=4326
    ), crs="+proj=ortho +lat_0=0 +lon_0=-90")[0]  # fmt: skip


def test_without_outlines(store, place, sql, fails):
    plan = store(areas=None)
    assert tk.read_plan_postgis(problem=plan.problem, name="spring", **place) == plan
    assert sql("SELECT count(*), count(geom) FROM {s}.territorykit_territories") == [(3, 0)]
    assert "made without a coordinate system: write under another prefix=" in fails(tk.DataError, store, name="b")[0]
    store(areas=None, crs=3083, prefix="ready")
    store(name="b", prefix="ready")
    assert sql("SELECT plan, count(geom) FROM {s}.ready_territories GROUP BY 1 ORDER BY 1") == [("b", 3), ("spring", 0)]


def test_heights_and_slivers_do_not_disturb(store, sql):
    areas = grid_areas()
    areas = areas.set_geometry(shapely.force_3d(areas.geometry.values, 7.0))
    store(areas=areas)
    assert sql("SELECT ST_NDims(geom), ST_Area(geom) FROM {s}.territorykit_territories") == [(2, 2e6)] * 3


def test_tables_of_others_are_not_touched(store, place, sql, fails):
    sql("CREATE TABLE {s}.territorykit_plans (plan text PRIMARY KEY, note text, crs int)")
    sql("CREATE TABLE {s}.territorykit_sizes (plan text)")
    said = fails(tk.DataError, store)[0]
    for part in (
        "tables: 2 problems", "'status' is missing (text)", "'note' (text) is not ours", "'crs' is integer, not text",
        "a 'territorykit_sizes' that is not as territorykit makes it", "choose another prefix= or schema=",
    ):  # fmt: skip
        assert part in said
    assert sql("SELECT count(*) FROM pg_tables WHERE schemaname = '{s}'") == [(2,)]
    store(prefix="mine")
    sql("ALTER TABLE {s}.mine_units DROP CONSTRAINT mine_units_pkey")
    assert "its primary key is (), not (plan, unit)" in fails(tk.DataError, store, prefix="mine", name="b")[0]
    missing = fails(
        tk.DataError, tk.read_plan_postgis, problem=grid_plan(COLUMNS).problem, name="x", prefix="q", **place
    )
    assert "lacks the tables 'q_plans', 'q_territories', 'q_units', 'q_sizes'" in missing[0]
    assert "there is no schema 'nowhere'; make it first" in fails(tk.DataError, store, schema="nowhere")[0]


def test_missing_tables_are_made_again(store, place, sql):
    store()
    sql("DROP TABLE {s}.territorykit_sizes")
    plan = store(name="autumn")
    assert tk.read_plan_postgis(problem=plan.problem, name="autumn", **place) == plan
    assert sql("SELECT DISTINCT plan FROM {s}.territorykit_sizes") == [("autumn",)]


def test_rows_that_are_no_plan_of_the_problem(store, place, sql, fails):
    plan = store(grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2]))

    def said(problem=plan.problem):
        return fails(tk.PlanError, tk.read_plan_postgis, problem=problem, name="spring", **place)[0]

    assert "the labels name 3 territories, the problem has 2" in said(tk.Problem(plan.problem.graph, 2))
    sql("UPDATE {s}.territorykit_territories SET center = NULL WHERE territory = 'mid'")
    assert "territories without a center: 'mid'" in said()
    sql("UPDATE {s}.territorykit_territories SET center = 'u0'")
    assert "lies in another territory" in said()
    sql("DELETE FROM {s}.territorykit_units WHERE unit = 'u5'")
    assert "units without a label: 'u5'" in said()
    sql("UPDATE {s}.territorykit_plans SET unit_ids = 'integer'")
    assert "units that are no whole numbers, though 'spring' has such: 'u0'" in said()


def test_in_a_transaction_of_the_callers(place, fails):
    plan, areas, schema = grid_plan(COLUMNS), grid_areas(), place["schema"]
    with place["con"].connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        for name in ("a", "b"):
            tk.write_plan_postgis(plan, areas, connection, name=name, schema=schema)
        fails(tk.DataError, tk.write_plan_postgis, plan, areas, connection, name="a", schema=schema)
        assert tk.read_plan_postgis(connection, plan.problem, name="b", schema=schema) == plan
        connection.rollback()
        assert "lacks the tables" in fails(
            tk.DataError, tk.read_plan_postgis, connection, plan.problem, name="b", schema=schema
        )[0]  # fmt: skip
        tk.write_plan_postgis(plan, areas, connection, name="c", schema=schema)
    assert tk.read_plan_postgis(problem=plan.problem, name="c", **place) == plan


def test_connections_that_commit_by_themselves(place, database_url, fails):
    plan, schema = grid_plan(COLUMNS), place["schema"]
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        said = fails(tk.DataError, tk.write_plan_postgis, plan, None, connection, name="a", schema=schema)[0]
    assert said.startswith("con commits every statement by itself; pass a connection with transactions")
    tk.write_plan_postgis(plan, None, engine, name="a", schema=schema)
    assert tk.read_plan_postgis(engine, plan.problem, name="a", schema=schema) == plan
    fails(tk.DataError, tk.write_plan_postgis, plan, None, connection, name="a", schema=schema)


@pytest.mark.slow
def test_thirty_five_thousand_units_in_seconds(place):
    rows, columns = 175, 200
    n = rows * columns
    graph = grid_graph(rows, columns, edges=grid_edges(rows, columns))
    areas = gpd.GeoDataFrame(geometry=squares(rows, columns), index=graph.ids, crs=3083)
    labels = np.arange(n) % columns // 2 + 100 * (np.arange(n) // columns // 60)
    plan = tk.Plan(tk.Problem(graph, int(labels.max()) + 1), labels)
    start = time.perf_counter()
    tk.write_plan_postgis(plan, areas, name="large", **place)
    middle = time.perf_counter()
    assert tk.read_plan_postgis(problem=plan.problem, name="large", **place) == plan
    taken = [round(middle - start, 1), round(time.perf_counter() - middle, 1)]
    assert sum(taken) < 20, f"writing and reading took {taken} s"
