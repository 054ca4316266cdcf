"""Real files, changed in ten thousand ways: refused with a message, or read as what they then are."""

import json
import zipfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from load import crm_cases
from load import mutations as mu

import territorykit as tk
from territorykit.load.formats.files import read_layer

QUICK = settings(max_examples=30, suppress_health_check=list(HealthCheck))
THOROUGH = settings(max_examples=700, suppress_health_check=list(HealthCheck))
BINARY = (".gpkg", ".fgb", ".shp", ".dbf", ".shx", ".parquet", ".xlsx", ".kml", ".zip")


def read_accounts(path, **options):
    return tk.read_accounts(path, id="account_id", lon="lon", lat="lat", crs="EPSG:4326", **options)


CASES = [
    mu.TableCase("accounts", mu.real_rows(), read_accounts, "account_id", lambda row: (row["lon"], row["lat"])),
    crm_cases.salesforce(),
    crm_cases.zoho(),
    crm_cases.fxiaoke(),
]
cases = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def check_csv_cells(case, changes, encoding, folder):
    rows = mu.changed_table(case.rows, changes)
    text = mu.as_csv(rows)
    assume(text != mu.as_csv(case.rows))
    path = folder / f"table{case.suffix}"
    path.write_bytes(text.encode(encoding, "replace"))
    frame = mu.outcome(case.read, path)
    if frame is not None:
        mu.check_table(case, frame, [row for row in rows if row not in ([], [""])])


def check_csv_bytes(case, changes, encoding, named, folder):
    path = folder / f"table{case.suffix}"
    content = mu.changed_bytes(mu.as_csv(case.rows).encode(encoding), changes)
    assume(content != mu.as_csv(case.rows).encode())
    path.write_bytes(content)
    options = {"encoding": encoding} if named else {}
    frame = mu.outcome(lambda file: case.read(file, **options), path)
    if frame is not None:
        marked = next((use for mark, use, _ in MARKS if content.startswith(mark)), None)
        mu.check_table(case, frame, mu.records(content.decode(marked or (encoding if named else "utf-8"))))


MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", ()),
    (b"\xff\xfe\x00\x00", "utf-32", ()),
    (b"\x00\x00\xfe\xff", "utf-32", ()),
    (b"\xff\xfe", "utf-16", ()),
    (b"\xfe\xff", "utf-16", ()),
)


def check_geojson_tree(changes, folder):
    base = mu.real_features()
    content = mu.changed_json(base, changes)
    assume(content != base)
    path = folder / "areas.geojson"
    path.write_text(json.dumps(content), "utf-8")
    frame = mu.outcome(lambda file: tk.read_areas(file, id="fips"), path)
    if frame is not None:
        mu.check_geojson(frame, content, "fips")


def check_geojson_bytes(changes, encoding, folder):
    base = json.dumps(mu.real_features(2), ensure_ascii=False)
    content = mu.changed_bytes(base.encode(encoding), changes)
    assume(content != base.encode())
    path = folder / "areas.geojson"
    path.write_bytes(content)
    frame = mu.outcome(lambda file: tk.read_areas(file, id="fips"), path)
    if frame is not None:
        mu.check_geojson(frame, json.loads(content), "fips")


def check_workbook_cells(changes, folder):
    rows = mu.changed_table(mu.real_rows(5), changes)
    assume(rows != mu.real_rows(5))
    path = folder / "table.xlsx"
    mu.as_workbook(rows, path)
    frame = mu.outcome(read_accounts, path)
    if frame is None:
        return
    shown = [[mu.ILLEGAL.sub("", text)[: mu.CELL] for text in row] for row in rows]
    header, *body = [row for row in shown if any(row)]
    whole = [row + [""] * (len(header) - len(row)) for row in body]
    mu.check_table(CASES[0], frame, [header, *whole])


def small_plan():
    graph = tk.UnitGraph([f"0{i}" for i in range(4)], [[i, 0] for i in range(4)], [[0, 1], [1, 2], [2, 3]])
    return tk.Plan(tk.Problem(graph, 2, territory_names=["西", "east"]), [0, 0, 1, 1], [0, 3])


def check_plan(suffix, changes, folder):
    """A plan that was changed is refused, or is what the file says then."""
    plan, path = small_plan(), folder / f"plan{suffix}"
    names = plan.to_series()
    rows = [["unit", "territory", "is_center"], *([i, names[i], str(i in ("00", "03")).lower()] for i in names.index)]
    if suffix == ".geojson":
        base = {
            "features": [{"type": "Feature", "properties": dict(zip(rows[0], row, strict=True))} for row in rows[1:]]
        }
        base["type"] = "FeatureCollection"
        content = mu.changed_json(base, changes)
        assume(content != base)
        path.write_text(json.dumps(content), "utf-8")
    else:
        content = mu.changed_table(rows, changes)
        assume(content != rows)
        path.write_text(mu.as_csv(content), "utf-8")
    again = mu.outcome(tk.read_plan, path, plan.problem)
    if again is None:
        return
    if suffix == ".geojson":
        body = [feature["properties"] for feature in content["features"]]
    else:
        body = [dict(zip(content[0], row, strict=True)) for row in content[1:] if row not in ([], [""])]
    assert again.to_series().to_dict() == {row["unit"]: row["territory"] for row in body}
    assert len(body) == 4


def check_binary(bases, suffix, changes, folder):
    """What cannot be told from a good file is read; a row is never lost."""
    path = folder / f"areas{suffix}"
    for part, content in bases[suffix].items():
        (folder / f"areas{part}").write_bytes(content)
    whole = path.read_bytes()
    content = mu.changed_bytes(whole, changes)
    assume(content != whole)
    path.write_bytes(content)
    if suffix == ".xlsx":
        frame = mu.outcome(read_accounts, path)
    else:
        shown = folder / "areas.shp" if suffix in (".dbf", ".shx") else path
        frame = mu.outcome(lambda file: read_layer(file, texts=("fips",)), shown)
    if frame is not None and suffix not in (".kml", ".dbf", ".shx"):
        assert len(frame) == 5


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """Good files of each binary format, by suffix and part."""
    folder = tmp_path_factory.mktemp("bases")
    areas = tk.datasets.texas_areas().iloc[:5].reset_index()
    areas.to_file(folder / "areas.gpkg")
    areas.to_file(folder / "areas.fgb")
    areas.rename(columns={"labor_force_2009": "labor"}).to_file(folder / "areas.shp")
    areas.to_parquet(folder / "areas.parquet")
    mu.as_workbook(mu.real_rows(5), folder / "areas.xlsx")
    plan = areas.set_index("fips")
    graph = tk.UnitGraph(plan.index.tolist(), [[0, 0]] * 5, [[0, 1], [1, 2], [2, 3], [3, 4]])
    tk.write_plan(tk.Plan(tk.Problem(graph, 1), [0] * 5), plan, folder / "areas.kml")
    parts = {part: (folder / f"areas{part}").read_bytes() for part in (".shp", ".shx", ".dbf", ".prj", ".cpg")}
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(folder / f"areas{part}", f"areas{part}")
    alone = {part: {part: (folder / f"areas{part}").read_bytes()} for part in BINARY}
    return alone | dict.fromkeys((".shp", ".shx", ".dbf"), parts)


encodings = st.sampled_from(mu.ENCODINGS)


@cases
def test_changed_cells_of_a_table(case, tmp_path):
    QUICK(given(mu.table_changes, st.just("utf-8"))(lambda c, e: check_csv_cells(case, c, e, tmp_path)))()


@cases
def test_changed_bytes_of_a_table(case, tmp_path):
    QUICK(given(mu.byte_changes, encodings, st.booleans())(lambda c, e, n: check_csv_bytes(case, c, e, n, tmp_path)))()


def test_changed_values_of_a_map(tmp_path):
    QUICK(given(mu.json_changes)(lambda c: check_geojson_tree(c, tmp_path)))()


def test_changed_bytes_of_a_map(tmp_path):
    QUICK(given(mu.byte_changes, encodings)(lambda c, e: check_geojson_bytes(c, e, tmp_path)))()


@pytest.mark.parametrize("suffix", BINARY)
def test_changed_bytes_of_other_formats(suffix, bases, tmp_path):
    few = settings(QUICK, max_examples=6)
    few(given(mu.byte_changes)(lambda c: check_binary(bases, suffix, c, tmp_path)))()


@pytest.mark.parametrize(("suffix", "changes"), [(".csv", mu.table_changes), (".geojson", mu.json_changes)])
def test_changed_plans(suffix, changes, tmp_path):
    QUICK(given(changes)(lambda c: check_plan(suffix, c, tmp_path)))()


def test_changed_cells_of_a_workbook(tmp_path):
    settings(QUICK, max_examples=10)(given(mu.table_changes)(lambda c: check_workbook_cells(c, tmp_path)))()


@pytest.mark.slow
@cases
def test_thousands_of_changes_of_tables(case, tmp_path):
    THOROUGH(given(mu.table_changes, st.just("utf-8"))(lambda c, e: check_csv_cells(case, c, e, tmp_path)))()
    THOROUGH(
        given(mu.byte_changes, encodings, st.booleans())(lambda c, e, n: check_csv_bytes(case, c, e, n, tmp_path))
    )()


@pytest.mark.slow
def test_thousands_of_changes_of_maps(tmp_path):
    settings(THOROUGH, max_examples=3_000)(given(mu.json_changes)(lambda c: check_geojson_tree(c, tmp_path)))()
    settings(THOROUGH, max_examples=1_500)(
        given(mu.byte_changes, encodings)(lambda c, e: check_geojson_bytes(c, e, tmp_path))
    )()


@pytest.mark.slow
def test_thousands_of_changes_of_workbooks(tmp_path):
    settings(THOROUGH, max_examples=400)(given(mu.table_changes)(lambda c: check_workbook_cells(c, tmp_path)))()


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "changes"), [(".csv", mu.table_changes), (".geojson", mu.json_changes)])
def test_thousands_of_changes_of_plans(suffix, changes, tmp_path):
    THOROUGH(given(changes)(lambda c: check_plan(suffix, c, tmp_path)))()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", BINARY)
def test_thousands_of_changed_bytes_of_other_formats(suffix, bases, tmp_path):
    some = settings(THOROUGH, max_examples=250)
    some(given(mu.byte_changes)(lambda c: check_binary(bases, suffix, c, tmp_path)))()
