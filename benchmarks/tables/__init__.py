"""The tables: sets of instances, each read from the shared folder when a run begins."""

from benchmarks.tables.centers import CPMP, KONG_SAP
from benchmarks.tables.commercial import DL_COMMERCIAL, DU_COMMERCIAL
from benchmarks.tables.hess import COUNTIES, FREE_TRACTS, GRIDS, TRACTS
from benchmarks.tables.peers import PEERS
from benchmarks.tables.scale import SCALE
from benchmarks.tables.table import Table

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TRACTS,
        FREE_TRACTS,
        COUNTIES,
        GRIDS,
        DL_COMMERCIAL,
        DU_COMMERCIAL,
        KONG_SAP,
        CPMP,
        PEERS,
        SCALE,
    )
}
