"""Sales and service territories: complete, exclusive, connected, balanced, compact and checked.

Names are loaded when they are first used, so that the import itself is fast.

Examples
--------
>>> import territorykit as tk
>>> graph = tk.UnitGraph(
...     ids=["a", "b", "c", "d"],
...     xy=[[0, 0], [1000, 0], [2000, 0], [3000, 0]],
...     edges=[[0, 1], [1, 2], [2, 3]],
...     activities=[tk.Activity("workload", [3, 5, 4, 4], "h/year")],
... )
>>> problem = tk.Problem(graph, 2, [tk.Balance("workload", 0.05), tk.Contiguous()])
>>> tk.solve(problem, seed=1).require_plan().sizes("workload").tolist()
[8.0, 8.0]
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from territorykit import crm as crm
    from territorykit import testing as testing
    from territorykit.criteria.certificate import certified as certified
    from territorykit.errors import BackendError as BackendError
    from territorykit.errors import DataError as DataError
    from territorykit.errors import NoPlanError as NoPlanError
    from territorykit.errors import PlanError as PlanError
    from territorykit.errors import RequirementError as RequirementError
    from territorykit.errors import TerritoryKitError as TerritoryKitError
    from territorykit.errors import TerritoryKitWarning as TerritoryKitWarning
    from territorykit.evaluate.compare import compare as compare
    from territorykit.evaluate.routes import Routes as Routes
    from territorykit.evaluate.routes import routes as routes
    from territorykit.evaluate.scorecard import Score as Score
    from territorykit.evaluate.scorecard import Scorecard as Scorecard
    from territorykit.evaluate.scorecard import evaluate as evaluate
    from territorykit.load import datasets as datasets
    from territorykit.load.accounts import accounts_graph as accounts_graph
    from territorykit.load.accounts import add_accounts as add_accounts
    from territorykit.load.accounts import read_accounts as read_accounts
    from territorykit.load.adcodes import nest_by_adcode as nest_by_adcode
    from territorykit.load.areas import read_areas as read_areas
    from territorykit.load.barriers import Barriers as Barriers
    from territorykit.load.barriers import barriers as barriers
    from territorykit.load.barriers import without_crossings as without_crossings
    from territorykit.load.checks import check_accounts as check_accounts
    from territorykit.load.checks import check_areas as check_areas
    from territorykit.load.contiguity import unit_graph as unit_graph
    from territorykit.load.coordinates import convert_coordinates as convert_coordinates
    from territorykit.load.coordinates import convert_geometries as convert_geometries
    from territorykit.load.database import read_accounts_postgis as read_accounts_postgis
    from territorykit.load.database import read_areas_postgis as read_areas_postgis
    from territorykit.load.formats.archives import ArchiveLimits as ArchiveLimits
    from territorykit.load.graphs import from_libpysal as from_libpysal
    from territorykit.load.graphs import from_networkx as from_networkx
    from territorykit.load.graphs import to_networkx as to_networkx
    from territorykit.load.interpolation import interpolate as interpolate
    from territorykit.load.repair import repair_areas as repair_areas
    from territorykit.load.road_network import RoadNetwork as RoadNetwork
    from territorykit.load.roads import read_roads as read_roads
    from territorykit.load.roads import road_network as road_network
    from territorykit.load.routing import RoutingError as RoutingError
    from territorykit.load.routing import RoutingServer as RoutingServer
    from territorykit.load.shift import check_shift as check_shift
    from territorykit.load.split import split_units as split_units
    from territorykit.load.straight import StraightLine as StraightLine
    from territorykit.load.travel import road_neighbors as road_neighbors
    from territorykit.load.travel import travel as travel
    from territorykit.load.travel_table import TravelTable as TravelTable
    from territorykit.load.visits import add_visits as add_visits
    from territorykit.load.visits import minutes_between_stops as minutes_between_stops
    from territorykit.model.activity import Activity as Activity
    from territorykit.model.disruption import MaxMoved as MaxMoved
    from territorykit.model.nesting import Nested as Nested
    from territorykit.model.objective import AssignmentCost as AssignmentCost
    from territorykit.model.objective import BorderLength as BorderLength
    from territorykit.model.objective import Compactness as Compactness
    from territorykit.model.objective import Diameter as Diameter
    from territorykit.model.objective import TravelCost as TravelCost
    from territorykit.model.plan import Plan as Plan
    from territorykit.model.problem import Problem as Problem
    from territorykit.model.proof import Proof as Proof
    from territorykit.model.requirements import Apart as Apart
    from territorykit.model.requirements import Balance as Balance
    from territorykit.model.requirements import Capacity as Capacity
    from territorykit.model.requirements import Contiguous as Contiguous
    from territorykit.model.requirements import Fixed as Fixed
    from territorykit.model.requirements import MaxTravel as MaxTravel
    from territorykit.model.requirements import Together as Together
    from territorykit.model.result import Answer as Answer
    from territorykit.model.result import Bound as Bound
    from territorykit.model.result import Conflict as Conflict
    from territorykit.model.result import Result as Result
    from territorykit.model.result import Status as Status
    from territorykit.model.result import TracePoint as TracePoint
    from territorykit.model.result import Violation as Violation
    from territorykit.model.travel import Travel as Travel
    from territorykit.model.unit_graph import UnitGraph as UnitGraph
    from territorykit.model.workload import BalancedWorkload as BalancedWorkload
    from territorykit.model.workload import Workload as Workload
    from territorykit.present.database import read_plan_postgis as read_plan_postgis
    from territorykit.present.database import write_plan_postgis as write_plan_postgis
    from territorykit.present.export import read_plan as read_plan
    from territorykit.present.export import write_accounts as write_accounts
    from territorykit.present.export import write_plan as write_plan
    from territorykit.present.faults import explore_faults as explore_faults
    from territorykit.present.faults import plot_faults as plot_faults
    from territorykit.present.maps import explore as explore
    from territorykit.present.maps import plot_plan as plot_plan
    from territorykit.present.report import write_report as write_report
    from territorykit.present.routes import plot_routes as plot_routes
    from territorykit.solve.bound.bound import bound as bound
    from territorykit.solve.diagnose import diagnose as diagnose
    from territorykit.solve.exact.method import Exact as Exact
    from territorykit.solve.progress import Observer as Observer
    from territorykit.solve.progress import ProgressBar as ProgressBar
    from territorykit.solve.prove import prove as prove
    from territorykit.solve.search.annealing import Annealing as Annealing
    from territorykit.solve.solve import solve as solve
    from territorykit.solve.stop import MaxIterations as MaxIterations
    from territorykit.solve.stop import NoImprovement as NoImprovement
    from territorykit.solve.stop import Progress as Progress

_HOMES = {
    "criteria.certificate": "certified",
    "errors": "BackendError DataError NoPlanError PlanError RequirementError TerritoryKitError TerritoryKitWarning",
    "evaluate.compare": "compare",
    "evaluate.routes": "Routes routes",
    "evaluate.scorecard": "Score Scorecard evaluate",
    "load.accounts": "accounts_graph add_accounts read_accounts",
    "load.adcodes": "nest_by_adcode",
    "load.formats.archives": "ArchiveLimits",
    "load.areas": "read_areas",
    "load.barriers": "Barriers barriers without_crossings",
    "load.checks": "check_accounts check_areas",
    "load.contiguity": "unit_graph",
    "load.coordinates": "convert_coordinates convert_geometries",
    "load.database": "read_accounts_postgis read_areas_postgis",
    "load.graphs": "from_libpysal from_networkx to_networkx",
    "load.interpolation": "interpolate",
    "load.repair": "repair_areas",
    "load.road_network": "RoadNetwork",
    "load.roads": "read_roads road_network",
    "load.routing": "RoutingError RoutingServer",
    "load.shift": "check_shift",
    "load.split": "split_units",
    "load.straight": "StraightLine",
    "load.travel": "road_neighbors travel",
    "load.travel_table": "TravelTable",
    "load.visits": "add_visits minutes_between_stops",
    "model.activity": "Activity",
    "model.disruption": "MaxMoved",
    "model.nesting": "Nested",
    "model.objective": "AssignmentCost BorderLength Compactness Diameter TravelCost",
    "model.plan": "Plan",
    "model.problem": "Problem",
    "model.proof": "Proof",
    "model.requirements": "Apart Balance Capacity Contiguous Fixed MaxTravel Together",
    "model.result": "Answer Bound Conflict Result Status TracePoint Violation",
    "model.travel": "Travel",
    "model.unit_graph": "UnitGraph",
    "model.workload": "BalancedWorkload Workload",
    "present.database": "read_plan_postgis write_plan_postgis",
    "present.export": "read_plan write_accounts write_plan",
    "present.faults": "explore_faults plot_faults",
    "present.maps": "explore plot_plan",
    "present.report": "write_report",
    "present.routes": "plot_routes",
    "solve.bound.bound": "bound",
    "solve.exact.method": "Exact",
    "solve.diagnose": "diagnose",
    "solve.progress": "Observer ProgressBar",
    "solve.prove": "prove",
    "solve.search.annealing": "Annealing",
    "solve.solve": "solve",
    "solve.stop": "MaxIterations NoImprovement Progress",
}
_HOME = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names.split()}
_MODULES = {
    "crm": f"{__name__}.crm",
    "datasets": f"{__name__}.load.datasets",
    "testing": f"{__name__}.testing",
}

__all__ = sorted([*_HOME, *_MODULES])  # noqa: PLE0605 - the table above is the list
__version__ = "0.1.0.dev0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = value  # the next access does not come here
    return value


class _Package(ModuleType):
    """Keeps `solve` and `evaluate` the functions that they are.

    Folders have these names too, and the import system would put them in the functions' place as soon as
    anything inside them is imported.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
