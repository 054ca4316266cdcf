"""The page about databases tells the truth; it needs a server, so it is not among the other pages' tests."""

import contextlib
import io
import re
from pathlib import Path

import sqlalchemy as sa

import territorykit as tk

PAGE = Path(__file__).parents[2] / "docs/how-to/databases.md"
BLOCK = re.compile(r"^```(py|text|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_about_databases(engine, put, schema, database_url, monkeypatch):
    areas, accounts = tk.datasets.texas_areas(), tk.datasets.texas_accounts()
    put(zip(areas.index, areas.geometry.to_wkt(), strict=True), table="counties", srid=4326)
    url = database_url.set(query={"options": f"-csearch_path={schema},public"})
    monkeypatch.setenv("SALES_DATABASE", url.render_as_string(hide_password=False))
    rows = [
        {"account_id": key, "lon": point.x, "lat": point.y, "visits_per_year": float(visits)}
        for key, point, visits in zip(accounts.index, accounts.geometry, accounts["visits_per_year"], strict=True)
    ]
    kinds = [sa.Column("account_id", sa.Text), *(sa.Column(name, sa.Double) for name in list(rows[0])[1:])]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {schema}.counties RENAME COLUMN id TO fips")
        customers = sa.Table("customers", sa.MetaData(), *kinds, schema=schema)
        customers.create(connection)
        connection.execute(sa.insert(customers), rows)
    page, printed, counts = {}, io.StringIO(), []
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    expected = "".join(text for kind, text in blocks if kind == "text")
    for kind, text in blocks:
        if kind == "py":
            with contextlib.redirect_stdout(printed):
                exec(text, page)  # noqa: S102 - our own page
        elif kind == "sql":
            with page["con"].connect() as connection:
                counts.append(len(connection.execute(sa.text(text)).all()))
    page["con"].dispose()
    assert printed.getvalue() == expected
    assert expected
    assert counts == [4, 254]
