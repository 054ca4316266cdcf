"""The marks of the exact method, on rows made by hand."""

import pytest
from benchmarks.proofs import proofs


def row(**cells):
    return {"status": "optimal", "wall_s": "1", "instance": "a", "n": "60", "reference_note": "proven"} | cells


@pytest.mark.parametrize(
    ("table", "rows", "hits"),
    [
        ("counties", [row(), row(reference_note="no plan exists", status="infeasible")], [True]),
        ("counties", [row(), row(reference_note="no plan exists", status="violating")], [False]),
        ("counties", [row(), row(reference_note="no plan published", status="feasible")], [True]),
        ("grids", [row(instance="g15", wall_s="59")], [True]),
        ("grids", [row(instance="g15", wall_s="61")], [False]),
        ("grids", [row(instance="g14")], [False]),
        ("du_commercial", [row(), row(wall_s="0.9"), row(n="120", wall_s="60")], [True, True]),
        ("du_commercial", [row(), row(status="feasible"), row(n="120", wall_s="70")], [False, False]),
        ("kong_sap", [row()] * 5 + [row(status="feasible")], [True]),
        ("kong_sap", [row()] * 4 + [row(wall_s="301")] * 2, [False]),
        ("tracts", [row()], []),
    ],
)
def test_marks(table, rows, hits) -> None:
    assert [mark.hit for mark in proofs(table, rows)] == hits
