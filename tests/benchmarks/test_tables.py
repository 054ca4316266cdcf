"""Every published format is read as its description says, and judged by the cost it was published with."""

import numpy as np
import pytest
from benchmarks.instance import Band, Instance, rehearsal
from benchmarks.judging import judge
from benchmarks.shared import Shared
from benchmarks.tables import TABLES
from benchmarks.tables.centers import triangles
from benchmarks.tables.hess import EARTH_METRES, project
from benchmarks.tables.peers import kind_of
from benchmarks.tables.scale import bridged, components, cut_out, grown

GOOD = [0, 0, 1, 1]
CASES = {
    # table, instance: labels, whether they are feasible, cost, ratio to the reference
    ("tracts", "AA"): (GOOD, True, 4.0, 4.0),
    ("grids", "g2"): (GOOD, True, 20_000.0, 20_000.0),
    ("dl_commercial", "del-n4-k2-s1"): (GOOD, True, 1.0, 1.0),
    ("du_commercial", "U4"): (GOOD, True, 2.0, 2.0),
    ("kong_sap", "w_2a"): ([0, 0, 1], True, 0.001, 0.001),
    ("cpmp", "four"): (GOOD, True, 2.0, 2.0),
    ("cpmp", "pmedcap01"): (GOOD, True, 2.0, 2.0),
    ("peers", "g3"): ([0, 0, 0, 1, 1, 1, 2, 2, 2], True, 606.0, 57_900.0),
}


@pytest.fixture
def shared(folder) -> Shared:
    return Shared(folder)


@pytest.mark.parametrize(("table", "name"), CASES)
def test_an_instance_is_read_and_its_best_plan_is_feasible_at_the_published_cost(shared, table, name) -> None:
    labels, feasible, cost, reference = CASES[table, name]
    instance = TABLES[table].load(shared, name)
    assert name in TABLES[table].names(shared)
    assert (instance.table, instance.name, instance.reference) == (table, name, reference)
    verdict = judge(shared.tool("referee"), instance, np.array(labels))
    assert verdict.feasible is feasible
    assert verdict.cost == pytest.approx(cost)


@pytest.mark.parametrize(("table", "name"), CASES)
def test_what_breaks_a_limit_is_not_feasible(shared, table, name) -> None:
    instance = TABLES[table].load(shared, name)
    labels = np.zeros(instance.n, int)
    labels[-1] = 1
    labels[0] = 1 if table == "kong_sap" else 0
    assert not judge(shared.tool("referee"), instance, labels).feasible
    assert not judge(shared.tool("referee"), instance, None).feasible


def test_a_split_territory_counts_only_where_it_must_hang_together(shared) -> None:
    split = np.array([0, 1, 0, 1])
    assert not judge(shared.tool("referee"), TABLES["tracts"].load(shared, "AA"), split).feasible
    assert judge(shared.tool("referee"), TABLES["cpmp"].load(shared, "four"), split).feasible


def test_bridges_join_the_pieces_and_notes_say_what_is_known(shared) -> None:
    tract, county = TABLES["tracts"].load(shared, "AA"), TABLES["counties"].load(shared, "AA")
    assert tract.edges.tolist() == [[0, 1], [2, 3], [1, 2]]
    assert len(county.edges) == 2
    assert (tract.reference_note, county.reference_note) == ("open by 3.5 %", "no plan exists")
    assert county.reference is None


def test_the_best_of_the_published_values_is_the_reference(shared) -> None:
    kong = TABLES["kong_sap"].load(shared, "w_2a")
    assert (kong.reference, kong.reference_note) == (0.001, "best known")
    assert kong.centers.tolist() == [0, 2]
    assert kong.bands[0].upper.tolist() == [2, 3]
    assert "cited without proof" in TABLES["cpmp"].load(shared, "four").reference_note


def test_names_fit_patterns_and_a_wrong_one_says_what_there_is(shared) -> None:
    peers = TABLES["peers"]
    assert peers.chosen(shared, ["g3-s1*"]) == ["g3-s1", "g3-s10"]
    assert len(peers.chosen(shared, None)) == 11
    assert (kind_of("g3"), kind_of("g3-s10")) == ("g3", "g3")
    with pytest.raises(SystemExit, match="no instance of peers fits zz; it has g3, g3-s1"):
        peers.chosen(shared, ["zz"])


def test_an_absent_folder_is_named_with_the_remedy(tmp_path) -> None:
    with pytest.raises(SystemExit, match=r"published_results\.csv does not exist; .* with --shared FOLDER"):
        TABLES["dl_commercial"].names(Shared(tmp_path))


def test_large_limits_are_longer(shared) -> None:
    assert TABLES["dl_commercial"].seconds("del-n5000-k25-s1") == 180
    assert TABLES["dl_commercial"].seconds("del-n2500-k25-s1") == 60
    assert TABLES["grids"].seconds("g5") == 60


def test_projection_keeps_small_distances_and_areas() -> None:
    xy = project(np.array([10.0, 10.001, 10.0]), np.array([50.0, 50.0, 50.001]))
    east, north = np.hypot(*(xy[1] - xy[0])), np.hypot(*(xy[2] - xy[0]))
    assert north == pytest.approx(np.radians(0.001) * EARTH_METRES, rel=1e-6)
    assert east == pytest.approx(np.radians(0.001) * EARTH_METRES * np.cos(np.radians(50)), rel=1e-6)


def test_points_that_coincide_are_neighbors() -> None:
    xy = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [1, 1]], float)
    assert components(5, triangles(xy)).max() == 0


def test_bridges_take_the_nearest_units() -> None:
    xy = np.array([[0, 0], [1, 0], [5, 0], [6, 0], [6, 9]], float)
    edges = bridged(xy, np.array([[0, 1], [2, 3]]))
    assert sorted(map(sorted, edges.tolist())) == [[0, 1], [1, 2], [2, 3], [3, 4]]


def test_a_piece_of_a_map_hangs_together() -> None:
    y, x = np.divmod(np.arange(49), 7)
    xy = np.c_[x, y] * 1.0
    edges = np.array([(i, j) for i in range(49) for j in (i + 1, i + 7) if j < 49 and (j != i + 1 or j % 7)])
    units = grown(xy, edges, 13)
    assert len(units) == 13
    assert 24 in units  # the middle
    part, pairs, weight = cut_out(xy, edges, np.arange(49.0), units)
    assert components(len(part), pairs).max() == 0
    assert weight.tolist() == units.tolist()


def test_a_rehearsal_has_the_same_kinds_of_limits(shared) -> None:
    kong = rehearsal(TABLES["kong_sap"].load(shared, "w_2a"))
    assert (kong.n, kong.k, kong.goal, len(kong.centers)) == (100, 4, "given", 4)
    assert kong.bands[0].tolerance is not None


def test_the_tolerance_of_sizes_is_their_distance_from_the_mean() -> None:
    facts = {"table": "t", "name": "n", "xy": np.zeros((4, 2)), "edges": np.zeros((0, 2), int), "k": 2, "goal": "cells"}
    weights = {"a": np.full(4, 50.0)}
    sizes = Band(activity="a", lower=99.0, upper=102.0)
    assert Instance(**facts, activities=weights, bands=(sizes,)).tolerance == pytest.approx(0.01)
