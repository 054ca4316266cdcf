import networkx as nx
from hypothesis import given
from samples import grid_plan, plans

from territorykit.criteria.contiguity import inside_edges, piece_of_units, pieces


def test_a_checkerboard_falls_apart():
    assert pieces(grid_plan([0, 1, 0, 1, 0, 1])).tolist() == [3, 3]


def test_columns_hang_together():
    assert pieces(grid_plan([0, 1, 2, 0, 1, 2])).tolist() == [1, 1, 1]


def test_units_without_any_neighbor_are_pieces_of_their_own():
    plan = grid_plan([0, 0, 0, 1, 1, 1], edges=[], border_lengths=[])
    assert pieces(plan).tolist() == [3, 3]


@given(plans())
def test_networkx_agrees(plan):
    graph = nx.Graph()
    graph.add_nodes_from(range(plan.problem.graph.n_units))
    graph.add_edges_from(plan.problem.graph.edges[inside_edges(plan)].tolist())
    found = [plan.labels[next(iter(piece))] for piece in nx.connected_components(graph)]
    assert pieces(plan).tolist() == [found.count(t) for t in range(plan.problem.n_territories)]
    assert len(set(piece_of_units(plan).tolist())) == len(found)
