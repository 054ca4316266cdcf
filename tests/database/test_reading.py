import geoalchemy2
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from geopandas.testing import assert_geodataframe_equal

import territorykit as tk
from territorykit.load.database import _column

SQUARE = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))"
NEXT = "MULTIPOLYGON (((1 0, 2 0, 2 1, 1 1, 1 0)))"
LONG = "é" * 31 + "x"
HOSTILE = [
    'plan"; DROP TABLE victim; --', "Robert'); DROP TABLE victim", "100%", "%s", "%(x)s", "%%", "back\\slash",
    "销售区域", "🗺️", "UPPER", "select", ":colon", "a.b", " ", "tab\tline\nend", LONG, "{curly}",
]  # fmt: skip


@pytest.mark.parametrize(
    ("id_type", "keys", "expected"),
    [
        ("bigint", [1, 9007199254740993], [1, 9007199254740993]),
        ("smallint", [-2, 7], [-2, 7]),
        ("text", ["01", "1"], ["01", "1"]),
        ("varchar(9)", ["a", "华"], ["a", "华"]),
        ("uuid", ["00000000-0000-0000-0000-000000000001", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
         ["00000000-0000-0000-0000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
        ("numeric", ["12", "123456789012345678901234567890"], [12, 123456789012345678901234567890]),
        ("numeric(5,2)", ["3.00", "12.00"], [3, 12]),
        ("double precision", [12, 13], [12, 13]),
    ],
)  # fmt: skip
def test_ids_of_all_types(place, put, id_type, keys, expected):
    put([(keys[0], SQUARE), (keys[1], NEXT)], id_type=id_type)
    areas = tk.read_areas_postgis("areas", id="id", **place)
    assert areas.index.tolist() == expected
    assert [type(unit) for unit in areas.index] == [type(unit) for unit in expected]
    assert areas.crs == "EPSG:3083"
    assert areas.geometry.area.tolist() == [1.0, 1.0]
    assert shapely.get_srid(areas.geometry.values).tolist() == [0, 0]
    graph = tk.unit_graph(areas, activities={})
    assert graph.ids.tolist() == expected
    assert graph.edges.tolist() == [[0, 1]]


def test_the_same_as_from_a_file(place, put):
    areas = tk.read_areas(tk.datasets.path("texas_counties.geojson"), id="fips")
    put(zip(areas.index, shapely.to_wkt(areas.geometry.values, rounding_precision=-1), strict=True), srid=4326)
    found = tk.read_areas_postgis("areas", id="id", **place)
    assert_geodataframe_equal(found, areas[["geometry"]].rename_axis("id").rename_geometry("geom"), check_crs=False)
    assert found.crs.to_epsg() == 4326


def test_all_ways_to_name_a_source(place, database_url, put, sql, query):
    engine, schema = place["con"], place["schema"]
    put([(3, SQUARE), (1, SQUARE), (2, NEXT)], id_type="int")
    sql('CREATE VIEW {s}."view" AS SELECT * FROM {s}.areas WHERE id < 3')
    table = sa.table("areas", sa.column("id"), sa.column("geom"), schema=schema)
    bound = query("SELECT * FROM {s}.areas WHERE id < :limit").bindparams(limit=3)
    for source in (table.select().where(table.c.id < 3), bound):
        assert sorted(tk.read_areas_postgis(source, engine, id="id").index) == [1, 2]
    assert sorted(tk.read_areas_postgis(table, engine, id="id").index) == [1, 2, 3]
    backwards = query("SELECT * FROM {s}.areas ORDER BY id DESC")
    assert tk.read_areas_postgis(backwards, engine, id="id").index.tolist() == [3, 2, 1]
    for con in (database_url, database_url.render_as_string(hide_password=False), engine):
        assert tk.read_areas_postgis("view", con, id="id", schema=schema).index.tolist() == [1, 2]
    plain = database_url.set(drivername="postgresql", query={"options": f"-csearch_path={schema},public"})
    for text in (plain, plain.set(drivername="postgres")):
        url = text.render_as_string(hide_password=False)
        assert tk.read_areas_postgis("areas", url, id="id").index.tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_tables_and_columns_are_taken_exactly(place, put, sql, name):
    put([("u", SQUARE)], table="victim")
    put([("u", SQUARE)], table=name, column=name)
    areas = tk.read_areas_postgis(name, id="id", **place, geometry=name)
    assert areas.geometry.name == name
    assert sql("SELECT count(*) FROM {s}.victim") == [(1,)]


@pytest.mark.parametrize("name", HOSTILE[:8])
def test_names_of_schemas_are_taken_exactly(place, put, name):
    engine, mine = place["con"], f"{place['schema'][:20]}{name}"
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(sa.sql.quoted_name(mine, quote=True)))
    try:
        put([("u", SQUARE)], where=mine)
        assert len(tk.read_areas_postgis("areas", engine, id="id", schema=mine)) == 1
    finally:
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(sa.sql.quoted_name(mine, quote=True), cascade=True))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "source= is ''; pass its name as a text"),
        ("a\0b", "holds a NUL or half a character"),
        ("\ud83d", "holds a NUL or half a character"),
        ("é" * 32, "source= takes 64 bytes in UTF-8"),
        ("nothing", "there is no table 'nothing' in the schema 'test_"),
        ("SELECT * FROM areas", "a query goes into sqlalchemy.text"),
        ("AREAS", "check name, case and schema="),
        (7, "source is a int; pass a table's name, or a select or text of SQLAlchemy"),
    ],
)
def test_names_that_name_nothing(place, put, fails, name, message):
    put([("u", SQUARE)])
    assert message in fails(tk.DataError, tk.read_areas_postgis, name, id="id", **place)[0]


def test_missing_schemas_and_columns(place, put, fails):
    put([("u", SQUARE)])
    read, engine = tk.read_areas_postgis, place["con"]
    assert "no table 'areas' in the schema 'nowhere'" in fails(
        tk.DataError, read, "areas", engine, id="id", schema="nowhere"
    )[0]  # fmt: skip
    assert "no table 'areas' on the search path" in fails(tk.DataError, read, "areas", engine, id="id")[0]
    said = fails(tk.DataError, read, "areas", id="id", **place, geometry="shape")[0]
    assert said == "there is no column 'shape' for geometry; the columns are 'id', 'geom'"
    assert "no column 'fips' for id" in fails(tk.DataError, read, "areas", id="fips", **place)[0]
    said = fails(tk.DataError, read, "areas", id="geom", **place, geometry="id")[0]
    assert "the column 'id' holds no geometries" in said


def test_queries_that_do_not_read(place, put, sql, query, fails):
    put([("u", SQUARE)])
    for text, message in [
        ("DELETE FROM {s}.areas RETURNING *", "read-only transaction; pass a query that only reads"),
        ("SET LOCAL work_mem = '1MB'", "the query returns no rows"),
        ("SELECT id, geom, geom FROM {s}.areas", "columns share the name 'geom'"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1 AS id, NULL AS geom WHERE 1 = :x", "check the query and its parameters"),
    ]:
        assert message in fails(tk.DataError, tk.read_areas_postgis, query(text), place["con"], id="id")[0]
    said = fails(tk.DataError, tk.read_areas_postgis, query("SELECT 1"), id="id", **place)[0]
    assert said == "schema= goes with the name of a table; a query names its schemas itself"
    assert sql("SELECT count(*) FROM {s}.areas") == [(1,)]


def test_several_srids_in_one_column(place, put, sql, fails):
    put([(1, SQUARE), (2, NEXT), (3, SQUARE), (4, None)], id_type="int")
    sql("UPDATE {s}.areas SET geom = ST_SetSRID(geom, 4326) WHERE id = 2")
    said = fails(tk.DataError, tk.read_areas_postgis, "areas", id="id", **place)[0]
    expected = "geometries are of several SRIDs: 3083 in 2 rows (1, 3); 4326 in 1 rows (2); bring all to one"
    assert said.startswith(expected)


def test_srid_0_needs_a_name(place, put, fails):
    put([(1, SQUARE)], id_type="int", srid=0)
    said = fails(tk.DataError, tk.read_areas_postgis, "areas", id="id", **place)[0]
    assert "the coordinate system is not stated" in said
    assert tk.read_areas_postgis("areas", id="id", **place, crs=3083).crs == "EPSG:3083"


def test_srids_that_the_database_knows_in_its_own_way(place, put, sql, fails):
    srid = 910_000 + int(place["schema"][-4:], 16)
    put([(1, SQUARE)], id_type="int", srid=srid)
    said = fails(tk.DataError, tk.read_areas_postgis, "areas", id="id", **place)[0]
    assert f"SRID {srid} has no definition" in said
    assert tk.read_areas_postgis("areas", id="id", **place, crs=3083).crs == "EPSG:3083"
    wkt = gpd.GeoSeries([], crs="+proj=laea +lat_0=31 +lon_0=-99 +units=m").crs.to_wkt("WKT1_GDAL")
    insert = "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext) VALUES (:srid, 'ours', 1, :wkt)"
    sql(insert, srid=srid, wkt=wkt)
    try:
        found = tk.read_areas_postgis("areas", id="id", **place).crs
        assert found.coordinate_operation.method_name == "Lambert Azimuthal Equal Area"
        assert "the coordinates are stated to be in" in fails(
            tk.DataError, tk.read_areas_postgis, "areas", id="id", **place, crs=3083
        )[0]  # fmt: skip
    finally:
        sql("DELETE FROM spatial_ref_sys WHERE srid = :srid", srid=srid)


def test_the_checks_of_the_reader(place, put, fails):
    put([(1, None), (1, "POINT (0 0)"), (3, "POLYGON EMPTY"), (4, SQUARE)], id_type="int")
    said = fails(tk.DataError, tk.read_areas_postgis, "areas", id="id", **place)[0]
    for part in ("4 problems", "used more than once: 1", "1 geometries are missing", "no polygons but Point", "empty"):
        assert part in said
    put([], table="void")
    assert "there are no areas" in fails(tk.DataError, tk.read_areas_postgis, "void", id="id", **place)[0]


def test_geography_and_elements_of_geoalchemy(place, put):
    put([("u", SQUARE)], geom_type="geography", srid=4326)
    assert tk.read_areas_postgis("areas", id="id", **place).crs == "EPSG:4326"
    put([("u", SQUARE), ("v", NEXT)], table="shapes")
    columns = sa.Column("id", sa.Text), sa.Column("geom", geoalchemy2.Geometry("GEOMETRY", srid=3083))
    shapes = sa.Table("shapes", sa.MetaData(), *columns, schema=place["schema"])
    areas = tk.read_areas_postgis(sa.select(shapes).where(shapes.c.id == "v"), place["con"], id="id")
    assert (areas.index.tolist(), areas.geometry.area.tolist(), areas.crs) == (["v"], [1.0], "EPSG:3083")


def test_a_connection_stays_the_callers(place, put, query, fails):
    schema, division = place["schema"], sa.text("SELECT 1/0 AS id")
    put([("u", SQUARE)])
    with place["con"].connect() as connection:
        connection.execute(query("DELETE FROM {s}.areas"))
        said = fails(tk.DataError, tk.read_areas_postgis, division, connection, id="id")[0]
        assert "division by zero; check the values" in said
        assert "no areas" in fails(tk.DataError, tk.read_areas_postgis, "areas", connection, id="id", schema=schema)[0]
        connection.rollback()
        assert len(tk.read_areas_postgis("areas", connection, id="id", schema=schema)) == 1
        assert not connection.in_transaction()


def test_columns_keep_their_values(place, sql):
    sql(
        "CREATE TABLE {s}.accounts AS SELECT * FROM (VALUES"
        " ('a', 9007199254740993::bigint, 1.25::numeric(9,2), 3::int, true,"
        " 10.5::float8, 48.0::float8, date '2024-02-29'),"
        " ('b', NULL, NULL, NULL, NULL, 10.25, 48.5, NULL)) t (id, big, money, small, flag, x, y, day)"
    )
    accounts = tk.read_accounts_postgis("accounts", id="id", lon="x", lat="y", crs=4326, **place)
    assert accounts["big"].tolist() == [9007199254740993, None]
    assert accounts["money"].tolist()[0] == 1.25
    assert accounts["small"].dtype == np.float64
    assert accounts["small"].isna().tolist() == [False, True]
    assert accounts["flag"].tolist() == [True, None]
    assert str(accounts["day"].iloc[0])[:10] == "2024-02-29"
    assert shapely.get_coordinates(accounts.geometry).tolist() == [[10.5, 48.0], [10.25, 48.5]]


def test_accounts_as_points(place, put, fails):
    put([("a", "POINT (10 48)"), ("b", "POINT (11 49)")], table="customers", srid=4326)
    accounts = tk.read_accounts_postgis("customers", id="id", **place)
    assert accounts.geometry.x.tolist() == [10.0, 11.0]
    put([("a", "POINT (0 0)"), ("b", SQUARE)], table="wrong", srid=4326)
    said = fails(tk.DataError, tk.read_accounts_postgis, "wrong", id="id", **place)[0]
    assert "no points but Polygon" in said
    assert "accounts are at 0, 0" in said
    said = fails(tk.DataError, tk.read_accounts_postgis, "customers", id="id", lon="x", crs=4326, **place)
    assert "no column 'x' for lon" in said[0]
    assert "lat= is not given" in said[0]


def test_shifted_coordinates_are_brought_back(place, put):
    """Points in GCJ-02 whose column says WGS 84, in Beijing and in Hong Kong."""
    put([("a", "POINT (116.4 39.9)"), ("b", "POINT (114.17 22.3)")], table="shops", srid=4326)
    for regions in ((), "hong kong"):
        options = {"id": "id", "crs": "gcj02", "shifted_regions": regions}
        found = tk.read_accounts_postgis("shops", **options, **place)
        table = pd.DataFrame({"id": ["a", "b"], "x": [116.4, 114.17], "y": [39.9, 22.3]})
        expected = tk.read_accounts(table, lon="x", lat="y", **options)
        assert shapely.get_coordinates(found.geometry).tolist() == shapely.get_coordinates(expected.geometry).tolist()
        assert found.crs == "EPSG:4326"
        assert [point.x < x for point, x in zip(found.geometry, (116.4, 114.17), strict=True)] == [True, bool(regions)]


@pytest.mark.parametrize(
    ("values", "expected", "dtype"),
    [
        ([1, 2], [1, 2], np.int64),
        ([1, None], [1.0, None], np.float64),
        ([2**53, None], [2.0**53, None], np.float64),
        ([2**53 + 1, None], [2**53 + 1, None], object),
        ([2**63, 1], [2**63, 1], object),
        ([], [], object),
        ([None, None], [None, None], object),
        ([True, False], [True, False], np.bool_),
    ],
)
def test_columns_of_numbers(values, expected, dtype):
    found = _column(values)
    assert found.dtype == dtype
    assert [None if pd.isna(value) else value for value in found] == expected
