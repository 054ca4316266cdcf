"""Plans of the same units side by side, and who moves between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from territorykit._arrays import Content, Ints, Objects, frozen_mapping, ints, objects
from territorykit.criteria.disruption import moved, share_moved, territories_before, territory_names
from territorykit.errors import DataError, Problems, listing
from territorykit.evaluate.scorecard import Score, Scorecard, evaluate
from territorykit.evaluate.tables import COUNT, FRACTION, figure, html_table, text_table, unit_label
from territorykit.model.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Moves(Content):
    """Units, or accounts, whose territory differs from that of the first plan.

    Parameters
    ----------
    ids
        Shape (n_moves,): ids of the units or accounts.
    before, after
        Shape (n_moves,): names of their territories in the first plan and in the other one.
    units
        Shape (n_moves,): positions of their units in the other plan.
    """

    ids: Objects
    before: Objects
    after: Objects
    units: Ints

    def __post_init__(self) -> None:
        for name in ("ids", "before", "after"):
            object.__setattr__(self, name, objects(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(Content):
    """Plans side by side; made by `compare`.

    Parameters
    ----------
    plans
        The plans by the names given to them; moves are counted from the first one.
    scorecards
        Their scores, moves included, by the same names.
    """

    plans: Mapping[str, Plan]
    scorecards: Mapping[str, Scorecard]

    def __post_init__(self) -> None:
        object.__setattr__(self, "plans", frozen_mapping(self.plans))
        object.__setattr__(self, "scorecards", frozen_mapping(self.scorecards))

    def __getitem__(self, name: str) -> Scorecard:
        if name not in self.scorecards:
            message = f"no plan {name!r}; there are {listing(self.scorecards)}"
            raise DataError(message)
        return self.scorecards[name]

    def to_frame(self) -> "pd.DataFrame":
        """One row per score and one column per plan, with the unit and which way is better."""
        import pandas as pd  # noqa: PLC0415 - evaluation does without pandas

        rows = self._scores()
        table = {
            name: [card[score.name].value if score.name in card else np.nan for score in rows]
            for name, card in self.scorecards.items()
        }
        labels = {"unit_of_measure": [s.unit_of_measure for s in rows], "better": [s.better for s in rows]}
        columns = [pd.Series(values, name=name) for name, values in [*table.items(), *labels.items()]]
        frame = pd.concat(columns, axis=1)
        return frame.set_index(pd.Index([score.name for score in rows], name="score", dtype=object))

    @property
    def moves(self) -> "pd.DataFrame":
        """Units that change territory: plan, unit, from, to, and their activities."""
        return self._table("unit", _unit_moves)

    @property
    def account_moves(self) -> "pd.DataFrame":
        """Accounts that change territory: plan, account, from, to, unit; empty where no accounts were added."""
        return self._table("account", _account_moves)

    def _table(self, word: str, find: Any) -> "pd.DataFrame":  # noqa: ANN401 - one of the two functions below
        import pandas as pd  # noqa: PLC0415 - evaluation does without pandas

        first, *others = self.plans
        parts = []
        for name in others:
            found = find(self.plans[first], self.plans[name])
            if found is None:
                continue
            graph, at = self.plans[name].problem.graph, found.units
            columns = {"plan": [name] * len(found), word: found.ids, "from": found.before, "to": found.after}
            columns |= (
                {"unit": graph.ids[at]} if word == "account" else {a.name: a.values[at] for a in graph.activities}
            )
            parts.append(pd.DataFrame(columns))
        empty = pd.DataFrame(columns=["plan", word, "from", "to"])
        return pd.concat(parts, ignore_index=True) if parts else empty

    def _scores(self) -> list[Score]:
        first: dict[str, Score] = {}
        for card in self.scorecards.values():
            for score in card:
                first.setdefault(score.name, score)
        return list(first.values())

    def _texts(self) -> tuple[list[str], list[list[str]]]:
        rows = []
        for score in self._scores():
            values = [card[score.name].value if score.name in card else None for card in self.scorecards.values()]
            shown = [figure(value, score.unit_of_measure) for value in values]
            better = "" if score.better == "none" else score.better
            rows.append([score.name, *shown, unit_label(score.unit_of_measure), better])
        return ["measure", *self.scorecards, "unit", "better"], rows

    def __repr__(self) -> str:
        header, rows = self._texts()
        first = next(iter(self.plans))
        title = f"Comparison of {len(self.plans)} plans; moves are counted from {first!r}"
        return f"{title}\n{text_table(header, rows, right=range(1, len(self.plans) + 1))}"

    def _repr_html_(self) -> str:
        header, rows = self._texts()
        caption = f"Moves are counted from {next(iter(self.plans))}"
        return html_table(header, rows, caption=caption, right=range(1, len(self.plans) + 1))


def compare(plans: Mapping[str, Plan], areas: Any = None) -> Comparison:  # noqa: ANN401 - a GeoDataFrame, or None
    """Measure plans of the same units side by side, and count who moves.

    A unit or account moves where its territory has another name than in the first plan.

    Parameters
    ----------
    plans
        Plans by name; the first is the one that moves are counted from, such as today's.
    areas
        GeoDataFrame indexed by unit id, or None; see `evaluate`.

    Returns
    -------
    Comparison
        A table of all scores, and the moves in its tables `moves` and `account_moves`.

    Raises
    ------
    DataError
        If there are no plans, the plans do not hold the same units or accounts, or `areas` does not fit.

    Examples
    --------
    >>> import territorykit as tk
    >>> calls = tk.Activity("calls", [1, 2, 3], "calls/year")
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [calls])
    >>> today = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1, 1])
    >>> both = tk.compare({"today": today, "new": today.move("b", "west")})
    >>> both.moves
      plan unit  from    to  calls
    0  new    b  east  west    2.0
    >>> both["new"]["calls moved"]
    Score(calls moved: 33.33%, better: lower)
    """
    if not isinstance(plans, Mapping) or not plans:
        message = 'plans must be a mapping from names to plans, such as {"today": ..., "new": ...}'
        raise DataError(message)
    wrong = [name for name, plan in plans.items() if not isinstance(plan, Plan)]
    if wrong:
        message = f"{listing(wrong)} is no Plan; take the plan of a result with result.require_plan()"
        raise DataError(message)
    named = {str(name): plan for name, plan in plans.items()}
    first, *others = named
    cards = {name: evaluate(plan, areas) for name, plan in named.items()}
    for name in others:
        disruption = _disruption(named[first], named[name])
        cards[name] = Scorecard((*cards[name].scores, *disruption), cards[name].territories)
    return Comparison(named, cards)


def _disruption(before: Plan, after: Plan) -> list[Score]:
    units = _unit_moves(before, after)
    scores = [Score("units moved", len(units), COUNT, None, "lower")]
    for activity in after.problem.graph.activities:
        share = share_moved(before, after, activity.name)
        scores.append(Score(f"{activity.name} moved", share, FRACTION, None, "lower"))
    accounts = _account_moves(before, after)
    if accounts is not None:
        scores.append(Score("accounts moved", len(accounts), COUNT, None, "lower"))
    return scores


def _unit_moves(before: Plan, after: Plan) -> Moves:
    at = np.flatnonzero(moved(before, after))
    old, new = territories_before(before, after), territory_names(after)
    return Moves(after.problem.graph.ids[at], old[at], new[at], ints(at))


def _account_moves(before: Plan, after: Plan) -> Moves | None:
    """Accounts that change territory, be it with their unit or because they now lie in another one."""
    new = after.problem.graph
    old = before.problem.graph
    if new.account_ids is None and old.account_ids is None:
        return None
    ids, units = _accounts(after) if new.account_ids is not None else _accounts(before)
    if old.account_ids is None or new.account_ids is None:
        # One graph knows the accounts: they lie in the same units in both plans.
        names = old.ids if new.account_ids is None else new.ids
        earlier = old.positions(names[units])
        units = new.positions(names[units])
    else:
        earlier = _matched(before, ids)
    was, now = territory_names(before)[earlier], territory_names(after)[units]
    at = np.flatnonzero(was != now)
    return Moves(ids[at], was[at], now[at], ints(units[at]))


def _accounts(plan: Plan) -> tuple[Objects, Any]:
    graph = plan.problem.graph
    assert graph.account_ids is not None  # noqa: S101 - the caller has looked
    return graph.account_ids, graph.account_units


def _matched(before: Plan, ids: Objects) -> Any:  # noqa: ANN401 - positions of units
    """Unit of each account in the plan before."""
    known, units = _accounts(before)
    home = dict(zip(known, units.tolist(), strict=True))
    problems = Problems("the two plans do not hold the same accounts")
    come = [account for account in ids if account not in home]
    present = set(ids)
    gone = [account for account in known if account not in present]
    if gone:
        problems.add(f"{len(gone):,} are in the first plan alone: {listing(gone)}", "add the same accounts to both")
    if come:
        problems.add(f"{len(come):,} are in the other plan alone: {listing(come)}", "add the same accounts to both")
    problems.raise_as(DataError)
    return np.array([home[account] for account in ids], np.int64)
