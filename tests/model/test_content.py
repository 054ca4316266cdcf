"""What all types of the model share: frozen, read-only, equal by content, and unharmed by pickle and copy."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module

import numpy as np
import pytest

import territorykit as tk
from territorykit._arrays import Content

MODULES = (
    "activity", "disruption", "nesting", "objective", "plan", "problem", "requirements", "result", "travel",
    "unit_graph", "workload",
)  # fmt: skip
TYPES = [
    kind
    for module in map(import_module, (f"territorykit.model.{name}" for name in MODULES))
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Content) and kind.__module__ == module.__name__
]


def specimens() -> list[Content]:
    """One of each type with every field filled, made anew at each call."""
    activity = tk.Activity("hours", np.array([3.0, 5.0, 4.0]), "h/year")
    graph = tk.UnitGraph(
        ids=["a", "b", "c"],
        xy=[[0, 0], [1000, 0], [2000, 0]],
        edges=[[0, 1], [1, 2]],
        activities=[activity],
        names=["Ada", "Bo", None],
        groups={"province": ["north", "north", "south"]},
        lonlat=[[0, 0], [0.1, 0], [0.2, 0]],
        edge_lengths=[1000, 1000],
        border_lengths=[500, 0],
        area=[1e6, 1e6, 1e6],
        perimeter=[4000, 4000, 4000],
        bridges=[[1, 2]],
        account_ids=[7, 8],
        account_units=[0, 2],
        crs="EPSG:3083",
    )
    balance = tk.Balance("hours", 0.5, {"west": 6, "east": 6})
    capacity = tk.Capacity("hours", [1, 2], 12)
    fixed, together, apart = tk.Fixed({"a": "west"}), tk.Together([["a", "b"]]), tk.Apart([("a", "c")])
    work = tk.Workload("hours", "hours", [1, 2, 3], to="base", days_per_trip=2, overnight_beyond=60)
    busy = tk.BalancedWorkload(work, 0.2, 9, 3)
    near, moved, nested = tk.MaxTravel(5000, to="base"), tk.MaxMoved({"a": "west"}, "hours", 0.5), tk.Nested("province")
    terms = [
        tk.Compactness("hours", power=1, center="base", distance="travel", weight=2),
        tk.AssignmentCost([[1, 2], [3, 4], [5, 6]]),
        tk.Diameter("great-circle"),
        tk.BorderLength(weight=0.5),
    ]
    cost = tk.TravelCost("hours", "base", per_hour=30, per_km=0.2, weight=2)
    ways = {"indptr": [0, 1, 3, 4], "indices": [1, 0, 2, 1], "minutes": [9, 9, 8, 8], "metres": [5, 5, 4, 4]}
    travel = tk.Travel(
        **ways, base_indptr=[0, 2, 3], base_indices=[0, 1, 2], base_minutes=[1, 2, 3], base_metres=[1, 2, 3]
    )
    problem = tk.Problem(
        graph,
        2,
        [balance, capacity, tk.Contiguous(), fixed, together, apart, near, moved, nested, busy],
        terms,
        travel=travel,
        bases=[[0, 0], [2000, 0]],
        bases_lonlat=[[0, 0], [0.2, 0]],
        territory_names=["west", "east"],
    )
    plan = tk.Plan(problem, [0, 0, 1], [1, 2])
    bound = tk.Bound(1.5, "free", [0.5, 0.5, 0.5], "none", 0.1)
    trace = (tk.TracePoint(0.1, 10, 2.0, 0.0, 1.5),)
    violation = tk.Violation(balance, "west", ("a", "b"), 8.0, 9.0, 0.1, "too much")
    conflict = tk.Conflict(capacity, ("a",), None, 3.0, 2.0, 3.0, "too little")
    answer = tk.Answer([0, 0, 1], 2.0, bound, trace)
    result = tk.Result(
        tk.Status.FEASIBLE, "rule", plan, 2.0, bound, 0.25, (violation,), (conflict,), 0.5, 1, "none", trace
    )
    return [
        activity, graph, balance, capacity, tk.Contiguous(), fixed, together, apart, near, moved, nested,
        work, busy,
        *terms, cost, travel, problem, plan, bound, trace[0], violation, conflict, answer, result,
    ]  # fmt: skip


SPECIMENS = specimens()
each = pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: type(specimen).__name__)


def arrays(value: object) -> list[np.ndarray]:
    """All arrays in a value, however deep."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Content):
        return [a for f in dataclasses.fields(value) if f.init for a in arrays(getattr(value, f.name))]
    if isinstance(value, Mapping):
        return [a for entry in value.values() for a in arrays(entry)]
    return [a for entry in value for a in arrays(entry)] if isinstance(value, tuple) else []


def test_no_type_is_forgotten() -> None:
    assert {type(specimen) for specimen in SPECIMENS} == set(TYPES)


@each
def test_fields_cannot_be_set(specimen) -> None:
    for field in dataclasses.fields(specimen):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(specimen, field.name, None)
    with pytest.raises((AttributeError, TypeError)):
        specimen.something_new = 1
    assert not hasattr(specimen, "__dict__")


@each
def test_arrays_cannot_be_made_writable(specimen) -> None:
    for array in arrays(specimen):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


def test_the_specimens_hold_arrays() -> None:
    assert sum(len(arrays(specimen)) for specimen in SPECIMENS) > 50


@each
def test_mappings_cannot_be_changed(specimen) -> None:
    for field in dataclasses.fields(specimen):
        value = getattr(specimen, field.name)
        if field.init and isinstance(value, Mapping):
            with pytest.raises(TypeError):
                value["new"] = 1


PAIRS = list(zip(SPECIMENS, specimens(), strict=True))


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda specimen: type(specimen).__name__)
def test_equal_and_hashed_by_content(one, other) -> None:
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert one.fingerprint() == other.fingerprint()
    assert one != "something else"


def test_different_content_differs() -> None:
    assert len(set(SPECIMENS)) == len(SPECIMENS)
    assert tk.Activity("hours", [1, 2]) != tk.Activity("hours", [1, 3])
    assert tk.Activity("hours", [1, 2]) != tk.Activity("visits", [1, 2])
    assert tk.Balance("hours", 0.1) != tk.Balance("hours", 0.1, [1, 2])
    assert tk.Balance("hours", 0.1, [1, 2]) != tk.Balance("hours", 0.1, {"1": 1, "2": 2})


def test_equal_numbers_hash_alike_whatever_their_type() -> None:
    whole, fraction = (tk.TracePoint(n, 1, n, n) for n in (1, 1.0))
    assert whole == fraction
    assert hash(whole) == hash(fraction)
    scalar = tk.TracePoint(np.float64(1), np.int64(1), np.float64(1), np.float64(1))
    assert scalar == whole
    assert hash(scalar) == hash(whole)
    assert hash(tk.TracePoint(-1, 1, 1, 1)) != hash(tk.TracePoint(-2, 1, 1, 1))


def test_nan_equals_itself() -> None:
    one, other = (tk.TracePoint(0.0, 1, float("nan"), 0.0) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)


@each
def test_pickle_and_copy(specimen) -> None:
    for twin in (pickle.loads(pickle.dumps(specimen)), copy.copy(specimen), copy.deepcopy(specimen)):
        assert twin == specimen
        assert hash(twin) == hash(specimen)
        test_arrays_cannot_be_made_writable(twin)


IN_ANOTHER_PROCESS = """
import pickle, sys
specimens = pickle.load(sys.stdin.buffer)
for specimen in specimens:
    print(specimen.fingerprint().hex(), hash(specimen))
    values = [getattr(specimen, name) for name in ("values", "labels", "xy", "prices") if hasattr(specimen, name)]
    assert not any(value.flags.writeable for value in values)
"""


def test_same_in_another_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        input=pickle.dumps(SPECIMENS),
        capture_output=True,
        check=True,
    )
    here = [f"{specimen.fingerprint().hex()} {hash(specimen)}" for specimen in SPECIMENS]
    assert done.stdout.decode().splitlines() == here
