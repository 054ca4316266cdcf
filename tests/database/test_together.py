"""Several who write at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from samples import grid_areas, grid_plan

import territorykit as tk

COLUMNS, ROWS = [0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 2, 2]


@pytest.fixture
def hasty(database_url):
    """An engine that does not wait for locks."""
    engine = sa.create_engine(database_url, connect_args={"options": "-c lock_timeout=200"}, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def waiting(place):
    """Whether somebody waits for a lock in this test's tables."""
    text = (
        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE NOT l.granted AND a.query LIKE :schema"
    )
    with place["con"].connect() as connection:
        return connection.scalar(sa.text(text), {"schema": f"%{place['schema']}%"}) > 0


def until_waiting(place, future):
    end = time.monotonic() + 20
    while not waiting(place):
        assert not future.done(), future.result()
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0.01)


def test_many_make_the_tables_at_once(place):
    plan, areas = grid_plan(COLUMNS), grid_areas()
    with ThreadPoolExecutor(6) as pool:
        names = [f"plan {i}" for i in range(6)]
        list(pool.map(lambda name: tk.write_plan_postgis(plan, areas, name=name, **place), names))
    assert all(tk.read_plan_postgis(problem=plan.problem, name=name, **place) == plan for name in names)


def test_who_writes_another_plan_does_not_wait(place, hasty):
    plan, areas, schema = grid_plan(COLUMNS), grid_areas(), place["schema"]
    tk.write_plan_postgis(plan, areas, name="first", **place)
    with place["con"].begin() as connection:
        tk.write_plan_postgis(plan, areas, connection, name="a", schema=schema)
        tk.write_plan_postgis(plan, areas, connection, name="first", schema=schema, if_exists="replace")
        tk.write_plan_postgis(plan, areas, hasty, name="b", schema=schema)
    for name in ("first", "a", "b"):
        assert tk.read_plan_postgis(problem=plan.problem, name=name, **place) == plan


def test_locks_that_are_not_waited_for(place, hasty, fails):
    plan, areas, schema = grid_plan(COLUMNS), grid_areas(), place["schema"]
    with place["con"].begin() as connection:
        tk.write_plan_postgis(plan, areas, connection, name="a", schema=schema)
        said = fails(tk.BackendError, tk.write_plan_postgis, plan, areas, hasty, name="b", schema=schema)[0]
    assert said.endswith("another session was in the way; nothing was written; try again")


@pytest.mark.parametrize("if_exists", ["error", "replace"])
def test_of_two_who_write_the_same_plan_the_second_waits(place, if_exists):
    first, second, areas = grid_plan(COLUMNS), grid_plan(ROWS), grid_areas()
    tk.write_plan_postgis(first, areas, name="other", **place)
    with ThreadPoolExecutor(1) as pool:
        with place["con"].begin() as connection:
            tk.write_plan_postgis(first, areas, connection, name="same", schema=place["schema"])
            task = pool.submit(tk.write_plan_postgis, second, areas, name="same", if_exists=if_exists, **place)
            until_waiting(place, task)
        error = task.exception(timeout=20)
    found = tk.read_plan_postgis(problem=first.problem, name="same", **place)
    if if_exists == "replace":
        assert error is None
        assert found == second
    else:
        assert isinstance(error, tk.DataError)
        assert str(error).startswith("there is a plan 'same' already")
        assert found == first


def test_two_who_replace_the_same_plan(place):
    first, second, areas = grid_plan(COLUMNS), grid_plan(ROWS), grid_areas()
    tk.write_plan_postgis(first, areas, name="same", **place)
    with ThreadPoolExecutor(6) as pool:
        options = {"name": "same", "if_exists": "replace", **place}
        tasks = [pool.submit(tk.write_plan_postgis, plan, areas, **options) for plan in [first, second] * 3]
        seen = [tk.read_plan_postgis(problem=first.problem, name="same", **place) for _ in range(20)]
    assert [task.exception() for task in tasks] == [None] * 6
    assert all(plan in (first, second) for plan in seen)
    counts = sa.text(f"SELECT count(*) FROM {place['schema']}.territorykit_units")  # noqa: S608 - our own name
    with place["con"].connect() as connection:
        assert connection.scalar(counts) == 6


def test_readers_see_a_plan_as_it_was_until_it_is_replaced(place):
    first, second, areas = grid_plan(COLUMNS), grid_plan(ROWS), grid_areas()
    tk.write_plan_postgis(first, areas, name="same", **place)
    with place["con"].begin() as connection:
        tk.write_plan_postgis(second, areas, connection, name="same", schema=place["schema"], if_exists="replace")
        assert tk.read_plan_postgis(problem=first.problem, name="same", **place) == first
    assert tk.read_plan_postgis(problem=first.problem, name="same", **place) == second


def test_in_a_transaction_with_one_view_of_the_data(place, fails):
    """Who looks at the data as they were before another wrote the plan gets a clean error."""
    plan, areas, schema = grid_plan(COLUMNS), grid_areas(), place["schema"]
    tk.write_plan_postgis(plan, areas, name="first", **place)
    with place["con"].connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(sa.text("SELECT 1"))
        tk.write_plan_postgis(plan, areas, name="same", **place)
        said = fails(
            tk.BackendError, tk.write_plan_postgis, plan, areas, connection,
            name="same", schema=schema, if_exists="replace",
        )[0]  # fmt: skip
    assert "another session was in the way; nothing was written; try again" in said
