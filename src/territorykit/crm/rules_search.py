"""The choice of parts for one territory: taken one after the other, then taken out and put in again."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from territorykit._arrays import Bools, Floats, Ints
from territorykit.crm.rules_leaves import NONE, Limits
from territorykit.crm.rules_pool import ALONE, Parts, Pool

POWERS = (1.0, 0.5, 0.0)
"""How much the number of rules counts when a part is taken: gain per rule, between, gain alone."""
MOST_OUT = 8
"""How many parts are taken out together at most."""
FREE = 1e9
"""What the gain of a part that costs no rule is worth beside others."""
TIE = 1e-8
"""Between offers that bring the same per rule, the larger one is taken."""
TINY = 1e-9


@dataclass(slots=True, eq=False)
class Choice:
    """A choice that is being made.

    Parameters
    ----------
    pool
        What there is.
    worth
        Shape (n_accounts,): what it is worth to take an account; negative for foreign ones.
    limits
        How many rules there may be.
    """

    pool: Pool
    worth: Floats
    limits: Limits
    parts: list[int] = field(default_factory=list)
    exclusions: list[tuple[int, list[int]]] = field(default_factory=list)
    banned: Bools = field(init=False)
    held: Ints = field(init=False)
    taken: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.held = np.zeros((len(self.pool.bases) + 1, len(self.pool.families)), np.int64)  # the last row: ALONE
        self.taken = np.zeros(len(self.worth), np.int64)
        self.banned = np.zeros(len(self.pool.parts.base), np.bool_)

    @property
    def gain(self) -> float:
        """Worth of all accounts taken."""
        return float(self.worth[self.taken > 0].sum())

    @property
    def slots(self) -> int:
        """Rules used."""
        used = -(-self.held // self.limits.max_values)
        return (
            int(used.sum())
            + int(self.pool.base_slots[self.open].sum())
            + sum(map(self._exclusion_slots, self.exclusions))
        )

    @property
    def open(self) -> Bools:
        """Bases that parts are joined to, shape (n_bases,)."""
        return np.asarray(self.held[:ALONE].any(axis=1), np.bool_)

    @property
    def wrong(self) -> Bools:
        """Accounts that are taken and should not be, or the other way round, shape (n_accounts,)."""
        return np.asarray((self.taken > 0) != (self.worth > 0), np.bool_)

    @property
    def rank(self) -> tuple[float, int]:
        """What makes one choice better than another: more gain, then fewer rules."""
        return self.gain, -self.slots

    def add(self, part: int) -> None:
        """Take a part."""
        self.parts.append(part)
        self._count(part, 1)

    def remove(self, part: int) -> None:
        """Give a part back."""
        self.parts.remove(part)
        self._count(part, -1)

    def _count(self, part: int, step: int) -> None:
        parts = self.pool.parts
        self.held[parts.base[part], parts.family[part]] += step * parts.values[part]
        self.taken[parts.accounts(part)] += step

    def exclude(self, base: int, atoms: list[int]) -> None:
        """Take a base without some of its values."""
        self.exclusions.append((base, atoms))
        self._count_rest(base, atoms, 1)

    def include(self, index: int) -> None:
        """Give a base without values back."""
        base, atoms = self.exclusions.pop(index)
        self._count_rest(base, atoms, -1)

    def rest(self, base: int, atoms: list[int]) -> Bools:
        """The accounts of a base without some of its values, shape (n_accounts,)."""
        rows, rest = self.pool.base_rows, np.zeros(len(self.worth), np.bool_)
        rest[rows.indices[rows.indptr[base] : rows.indptr[base + 1]]] = True
        for atom in atoms:
            rest[self.pool.left_out.accounts(atom)] = False
        return rest

    def _count_rest(self, base: int, atoms: list[int], step: int) -> None:
        self.taken[self.rest(base, atoms)] += step

    def _exclusion_slots(self, exclusion: tuple[int, list[int]]) -> int:
        base, atoms = exclusion
        return int(self.pool.base_slots[base]) + self.limits.slots(int(self.pool.left_out.values[atoms].sum()))

    def copy(self) -> "Choice":
        """The same choice, to be changed apart."""
        other = Choice(self.pool, self.worth, self.limits, list(self.parts), list(self.exclusions))
        other.held, other.taken = self.held.copy(), self.taken.copy()
        return other


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something to take: its worth by gain and rules, and what it is."""

    score: float
    gain: float
    base: int
    members: list[int]
    exclusion: bool


def search(pool: Pool, worth: Floats, limits: Limits, rounds: int) -> Choice:
    """The best choice found; the same for the same input.

    The start takes, again and again, what brings most per rule. Each part, each base with all its parts and
    each exclusion is then taken out in turn and the gap filled anew, with and without what was there; what is
    better stays. Then, `rounds` times, everything around an account that is still wrong is taken out and the
    gap filled.

    References
    ----------
    .. [1] Khuller, S., Moss, A., Naor, J. (1999). The budgeted maximum coverage problem.
           *Information Processing Letters*, 70(1), 39-45.
    .. [2] Schrimpf, G., Schneider, J., Stamm-Wilbrandt, H., Dueck, G. (2000). Record breaking optimization
           results using the ruin and recreate principle. *Journal of Computational Physics*, 159(2), 139-171.
    """
    choice = Choice(pool, worth, limits)
    if limits.max_values > 1:
        # Where values are free, all of them are taken at once; a choice that had to pay for each is often finer.
        careful = search(pool, worth, replace(limits, max_values=1), rounds)
        choice.parts, choice.exclusions = careful.parts, careful.exclusions
        choice.held, choice.taken = careful.held, careful.taken
    fill(choice)
    choice = _improved(choice)
    if rounds and choice.wrong.any():
        choice = _improved(_rebuilt(choice, rounds))
    return choice


def fill(choice: Choice, power: float = 1.0) -> None:
    """Take what brings most, until nothing brings anything or no rule is left."""
    while True:
        left = choice.limits.max_rules - choice.slots
        rest = np.where(choice.taken > 0, 0.0, choice.worth)
        offers = [offer(choice, rest, left, power) for offer in (_single, _bunch, _exclusion)]
        found = [offer for offer in offers if offer is not None]
        if not found:
            return
        best = max(found, key=lambda offer: offer.score + TIE * offer.gain)
        if best.exclusion:
            choice.exclude(best.base, best.members)
        else:
            for part in best.members:
                choice.add(part)


def _single(choice: Choice, rest: Floats, left: int, power: float) -> _Offer | None:
    """One part by itself, or within a base that is open."""
    parts = choice.pool.parts
    gains = parts.rows @ rest
    ready = np.append(choice.open, True)[parts.base]
    held = choice.held[parts.base, parts.family]
    most = choice.limits.max_values
    slots = -(-(held + parts.values) // most) - -(-held // most)
    good = (gains > TINY) & ready & ~choice.banned & (slots <= left)
    if not good.any():
        return None
    scores = np.where(good, np.where(slots > 0, gains / np.maximum(slots, 1) ** power, gains * FREE), -np.inf)
    best = int(np.argmax(scores + TIE * choice.pool.whole))
    return _Offer(float(scores[best]), float(gains[best]), int(parts.base[best]), [best], exclusion=False)


def _bunch(choice: Choice, rest: Floats, left: int, power: float) -> _Offer | None:
    """A base that is not open yet, with the best values of one field."""
    parts, pool = choice.pool.parts, choice.pool
    gains = parts.rows @ rest
    closed = np.append(~choice.open, False)[parts.base]
    start = np.zeros(len(pool.bases))
    return _best_run(
        parts,
        gains,
        np.flatnonzero(closed & ~choice.banned & (gains > TINY)),
        (start, pool, choice.limits, left, power),
    )


def _exclusion(choice: Choice, rest: Floats, left: int, power: float) -> _Offer | None:
    """A base without its worst values of one field."""
    parts, pool = choice.pool.left_out, choice.pool
    losses = -(parts.rows @ rest)
    start = pool.base_rows @ rest
    best = _best_run(parts, losses, np.flatnonzero(losses > TINY), (start, pool, choice.limits, left, power))
    return None if best is None else replace(best, exclusion=True)


def _best_run(parts: Parts, gains: Floats, able: Ints, terms: tuple[Floats, Pool, Limits, int, float]) -> _Offer | None:
    """The base and the family of which the first so many parts, best first, bring most per rule."""
    start, pool, limits, left, power = terms
    if not len(able):
        return None
    segment = parts.base[able] * len(pool.families) + parts.family[able]
    order = np.lexsort((-gains[able], segment))
    able, segment = able[order], segment[order]
    first = np.flatnonzero(np.append(True, segment[1:] != segment[:-1]))
    run = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(able))))
    base = parts.base[able]
    totals = start[base] + _running(gains[able], first, run)
    values = _running(parts.values[able].astype(np.float64), first, run)
    slots = pool.base_slots[base] + np.ceil(values / limits.max_values)
    scores = np.where((slots <= left) & (totals > TINY), totals / slots**power, -np.inf)
    best = int(np.argmax(scores + TIE * totals))
    if not np.isfinite(scores[best]):
        return None
    members = able[first[run[best]] : best + 1].tolist()
    return _Offer(float(scores[best]), float(totals[best]), int(base[best]), members, exclusion=False)


def _running(values: Floats, first: Ints, run: Ints) -> Floats:
    """Sums from the start of each run."""
    sums = np.cumsum(values)
    return np.asarray(sums - (sums[first] - values[first])[run], np.float64)


def _improved(choice: Choice) -> Choice:
    """Take out and put in again, until no single step makes it better."""
    better = True
    while better:
        better = False
        for element in _elements(choice):
            if not _has(choice, *element):
                continue
            best = max(_steps(choice, *element), key=lambda one: one.rank)
            more, fewer = best.gain - choice.gain, choice.slots - best.slots
            if more > TINY or (more >= -TINY and fewer > 0):
                choice, better = best, True
    return choice


def _steps(choice: Choice, kind: str, key: int) -> Iterator[Choice]:
    """The choice without an element: as it is, filled with what brings most, and with something else per rule."""
    lean = choice.copy()
    _take_out(lean, kind, key)
    yield lean
    bold = lean.copy()
    fill(bold, power=0.0)
    yield bold
    if kind != "exclusion":
        other = lean.copy()
        other.banned[:] = choice.pool.parts.base == key if kind == "base" else np.arange(len(other.banned)) == key
        fill(other)
        other.banned[:] = False
        yield other


def _rebuilt(choice: Choice, rounds: int) -> Choice:
    """Take out what is around a wrong account and fill the gap, so many times."""
    rng = np.random.default_rng(0)  # the same input gives the same rules
    for _ in range(rounds):
        wrong = np.flatnonzero(choice.wrong)
        if not len(wrong):
            break
        family = choice.pool.families[rng.integers(len(choice.pool.families))]
        code = family.codes[rng.choice(wrong)]
        near = _near(choice, family.codes == code) if code != NONE else []
        if not near:
            continue
        if len(near) > MOST_OUT:
            near = [near[i] for i in rng.choice(len(near), MOST_OUT, replace=False)]
        trial = choice.copy()
        for element in near:
            _take_out(trial, *element)
        parts = [key for kind, key in near if kind == "part"]
        if parts and rng.random() < 0.5:  # noqa: PLR2004 - every second time
            trial.banned[rng.choice(parts)] = True
        fill(trial, POWERS[rng.integers(len(POWERS))])
        trial.banned[:] = False
        if trial.rank >= choice.rank:
            choice = trial
    return choice


def _near(choice: Choice, zone: Bools) -> list[tuple[str, int]]:
    """Parts and exclusions that take an account of the territory in the zone."""
    zone = zone & (choice.worth > 0)
    found = [("part", part) for part in sorted(choice.parts) if zone[choice.pool.parts.accounts(part)].any()]
    bases = [base for base, atoms in choice.exclusions if zone[choice.rest(base, atoms)].any()]
    return found + [("exclusion", base) for base in sorted(bases)]


def _elements(choice: Choice) -> list[tuple[str, int]]:
    """Everything that can be taken out: parts, bases, exclusions."""
    bases = sorted({int(choice.pool.parts.base[part]) for part in choice.parts} - {ALONE})
    parts = [("part", part) for part in sorted(choice.parts)]
    return parts + [("base", base) for base in bases] + [("exclusion", base) for base, _ in choice.exclusions]


def _has(choice: Choice, kind: str, key: int) -> bool:
    if kind == "part":
        return key in choice.parts
    if kind == "base":
        return bool(choice.open[key])
    return any(base == key for base, _ in choice.exclusions)


def _take_out(choice: Choice, kind: str, key: int) -> None:
    if kind == "part":
        choice.remove(key)
    elif kind == "base":
        for part in [part for part in choice.parts if choice.pool.parts.base[part] == key]:
            choice.remove(part)
    else:
        choice.include(next(i for i, (base, _) in enumerate(choice.exclusions) if base == key))
