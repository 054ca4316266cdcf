"""How far one requirement must give way, read from a plan, and how that is said."""

from dataclasses import replace
from typing import Any

import numpy as np

from territorykit.criteria.disruption import share_moved_since
from territorykit.criteria.nesting import splits
from territorykit.criteria.workload import nights_away, working_hours
from territorykit.errors import listing
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.plan import Plan
from territorykit.model.requirements import (
    Apart,
    Balance,
    Capacity,
    Contiguous,
    Fixed,
    MaxTravel,
    Requirement,
    Together,
)
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.diagnosis.pieces import round_up
from territorykit.solve.diagnosis.ways import in_units
from territorykit.solve.exact.elastic import joined


def relaxed_to(r: Requirement, plan: Plan) -> tuple[Requirement, ...]:  # noqa: PLR0911 - one return per type
    """What must stand in a requirement's place so that a plan meets it; nothing where it must be dropped.

    A `MaxTravel` is not read from a plan, as centers depend on its limit.
    """
    if isinstance(r, Balance):
        off = float(np.abs(plan.sizes(r.activity) / plan.problem.targets(r) - 1).max())
        return (replace(r, tolerance=max(r.tolerance, round_up(off))),) if round_up(off) <= 1 else ()
    if isinstance(r, Capacity):
        return (_capacity(r, plan),)
    if isinstance(r, Fixed):
        free = released(r, plan)
        kept = {unit: t for unit, t in r.mapping.items() if unit not in free}
        return (Fixed(kept),) if kept else ()
    if isinstance(r, Together):
        free = released(r, plan)
        groups = [[u for u in group if u not in free] for group in joined(r)]
        groups = [group for group in groups if len(group) > 1]
        return (Together(groups),) if groups else ()
    if isinstance(r, Apart):
        pairs = [pair for pair in r.pairs if not _same(pair, plan)]
        return (Apart(pairs),) if pairs else ()
    if isinstance(r, MaxMoved):
        return (replace(r, share=min(1.0, max(r.share, round_up(share_moved_since(plan, r))))),)
    if isinstance(r, Nested):
        return (replace(r, max_splits=max(r.max_splits, int(splits(plan, r).sum()))),)
    return _hours(r, plan) if isinstance(r, BalancedWorkload) else ()


def _hours(r: BalancedWorkload, plan: Plan) -> tuple[BalancedWorkload, ...]:
    hours = working_hours(plan, r.workload)
    off = round_up(float(np.abs(hours / (hours.mean() if r.hours is None else r.hours) - 1).max()))
    nights = r.max_nights
    if nights is not None:
        nights = max(nights, float(np.ceil(nights_away(plan, r.workload).max())))
    return (replace(r, tolerance=max(r.tolerance, off), max_nights=nights),) if off <= 1 else ()


def _capacity(r: Capacity, plan: Plan) -> Capacity:
    """All limits of a side that is broken give way by the same size."""
    sizes = plan.sizes(r.activity)
    above, below = float((sizes - r.upper).max()), float((r.lower - sizes).max())
    by = round_up(max(above, below)) if max(above, below) > 0 else 0.0
    upper: Any = r.upper + by if above > 0 else r.upper
    lower: Any = np.maximum(r.lower - by, 0.0) if below > 0 else r.lower
    return Capacity(r.activity, lower if np.ndim(lower) else float(lower), upper)


def released(r: Requirement, plan: Plan) -> tuple[Any, ...]:
    """Units that a plan does not treat as a `Fixed`, `Together` or `Apart` says."""
    if isinstance(r, Fixed):
        labels = plan.labels[plan.problem.graph.positions(list(r.mapping))]
        wanted = [plan.problem.territory(t) for t in r.mapping.values()]
        return tuple(u for u, a, b in zip(r.mapping, labels, wanted, strict=True) if a != b)
    if isinstance(r, Together):
        found: list[Any] = []
        for group in joined(r):
            labels = plan.labels[plan.problem.graph.positions(group)]
            most = np.bincount(labels).argmax()
            found += [u for u, t in zip(group, labels, strict=True) if t != most]
        return tuple(found)
    if isinstance(r, Apart):
        return tuple(dict.fromkeys(u for pair in r.pairs if _same(pair, plan) for u in pair))
    return ()


def _same(pair: tuple[Any, ...], plan: Plan) -> bool:
    one, other = plan.labels[plan.problem.graph.positions(pair)]
    return bool(one == other)


def setting(r: Requirement) -> float | None:
    """The number that says how strict a requirement is; None where it has none, or one per territory."""
    if isinstance(r, Balance):
        return r.tolerance
    if isinstance(r, Capacity):
        return float(r.upper) if np.ndim(r.upper) == 0 and np.isfinite(r.upper) else None
    if isinstance(r, BalancedWorkload):
        return r.tolerance
    if isinstance(r, MaxTravel):
        return r.limit
    if isinstance(r, MaxMoved):
        return r.share
    return float(r.max_splits) if isinstance(r, Nested) else None


def in_words(r: Requirement) -> str:  # noqa: PLR0911 - one return per type
    """A requirement as a user would say it."""
    if isinstance(r, Balance):
        return f"the band of {r.activity} (±{100 * r.tolerance:.4g} %)"
    if isinstance(r, Capacity):
        return f"the size limits of {r.activity}"
    if isinstance(r, MaxTravel):
        return f"the travel limit of {in_units(r.limit, r.measure)}"
    if isinstance(r, BalancedWorkload):
        return f"the band of hours of work (±{100 * r.tolerance:.4g} %)"
    if isinstance(r, MaxMoved):
        return f"the limit of {100 * r.share:.4g} % that may move"
    if isinstance(r, Nested):
        return f"the limit of {r.max_splits:,} splits of {r.group}"
    kinds: dict[type, str] = {
        Contiguous: "connected territories",
        Fixed: "the fixed units",
        Together: "the groups to be together",
        Apart: "the pairs to be apart",
    }
    return kinds[type(r)]


def remedy(r: Requirement, to: tuple[Requirement, ...], units: tuple[Any, ...]) -> str:  # noqa: PLR0911 - one return per type
    """What would do, as the end of a sentence."""
    new = to[0] if to else None
    if isinstance(new, Balance):
        return f"±{100 * new.tolerance:.4g} % of {new.activity}"
    if isinstance(r, Capacity) and isinstance(new, Capacity):
        at_most = "" if np.array_equal(r.upper, new.upper) else f" at most {_shown(new.upper)}"
        at_least = "" if np.array_equal(r.lower, new.lower) else f" at least {_shown(new.lower)}"
        return f"limits of {new.activity} of{at_most}{' and' if at_most and at_least else ''}{at_least}"
    if isinstance(new, MaxTravel):
        return in_units(new.limit, new.measure)
    if isinstance(new, BalancedWorkload):
        nights = "" if new.max_nights is None else f" with at most {new.max_nights:,.6g} nights away"
        return f"±{100 * new.tolerance:.4g} % of hours of work{nights}"
    if isinstance(new, MaxMoved):
        return f"{100 * new.share:.4g} % that may move"
    if isinstance(new, Nested):
        return f"{new.max_splits:,} splits of {new.group}"
    if isinstance(r, Contiguous):
        return f"territories in pieces, with {listing(units)} broken off"
    if isinstance(r, Fixed | Together):
        return f"releasing {listing(units)} from {in_words(r)}"
    if isinstance(r, Apart):
        return f"letting {listing(units)} share a territory"
    return f"dropping {in_words(r)}"


def _shown(limit: Any) -> str:  # noqa: ANN401 - a number or one per territory
    return f"{limit:,.6g}" if np.ndim(limit) == 0 else "[" + ", ".join(f"{v:,.6g}" for v in limit) + "]"
