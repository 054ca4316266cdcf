"""What a territory's criterion can be made of: single rules, pairs of them, and rules with exclusions."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.crm.rules_criterion import Criterion, Rule, joined
from territorykit.crm.rules_leaves import NONE, Family, Limits

ALONE = -1
"""The base of a part that has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Leaves, each by itself or within a base; sorted by base, then family.

    Parameters
    ----------
    base
        Shape (n_parts,): the base that a leaf is joined to by AND, or `ALONE`.
    family, leaf
        Shape (n_parts,): the leaf.
    values
        Shape (n_parts,): how many values the leaf needs.
    rows
        Sparse matrix of shape (n_parts, n_accounts): which accounts it holds.
    """

    base: Ints
    family: Ints
    leaf: Ints
    values: Ints
    rows: Any

    def accounts(self, part: int) -> Ints:
        """Positions of the accounts in a part."""
        held: Ints = self.rows.indices[self.rows.indptr[part] : self.rows.indptr[part + 1]]
        return held


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The parts for one territory.

    Parameters
    ----------
    families
        All families of leaves.
    bases
        Leaves that others are joined to: family and leaf of each.
    base_slots
        Shape (n_bases,): rules that a base takes.
    base_rows
        Sparse matrix of shape (n_bases, n_accounts).
    parts
        What can be taken.
    whole
        Shape (n_parts,): what each part is worth where nothing is taken yet.
    left_out
        What can be left out of a base by "not equal".
    """

    families: list[Family]
    bases: list[tuple[int, int]]
    base_slots: Ints
    base_rows: Any
    parts: Parts
    whole: Floats
    left_out: Parts


def make_pool(families: list[Family], worth: Floats, limits: Limits) -> Pool:
    """The parts that are worth something, and those that are worth leaving out.

    A leaf without foreign accounts needs no company: pairs are made of leaves that hold some. A base from
    which not even all rules together could keep enough out is not tried without its values.
    """
    own = worth > 0
    inside = [_counts(family, own) for family in families]
    alone: list[tuple[Ints, Ints, Ints]] = []
    mixed: list[Bools] = []
    for family, (held, total) in zip(families, inside, strict=True):
        good = (held > 0) & family.usable
        alone.append(_entries(family.codes, good))
        mixed.append(good & (held < total))
    bases = [(f, int(leaf)) for f, mask in enumerate(mixed) for leaf in np.flatnonzero(mask)]
    number = {base: i for i, base in enumerate(bases)}
    base_of = [np.full(len(family.values), NONE, np.int64) for family in families]
    for (f, leaf), i in number.items():
        base_of[f][leaf] = i
    singles = [(np.full(len(leaf), ALONE), f, leaf, row, col) for f, (leaf, row, col) in enumerate(alone)]
    parts = _parts(families, singles + list(_pairs(families, base_of, mixed)), len(own))
    parts = _kept(parts, parts.rows @ worth > 0)
    slots = np.array([limits.slots(len(families[f].values[leaf])) for f, leaf in bases], np.int64)
    rows = _matrix([np.flatnonzero(families[f].codes == leaf) for f, leaf in bases], len(own))
    others = _parts(families, list(_exclusions(families, base_of)), len(own))
    others = _kept(others, _hopeful(others, rows @ worth, worth, limits))
    return Pool(families, bases, slots, rows, parts, np.asarray(parts.rows @ worth, np.float64), others)


def _hopeful(others: Parts, start: Floats, worth: Floats, limits: Limits) -> Bools:
    """Values worth leaving out, of bases that the best of them can make worth taking."""
    losses = np.maximum(-(others.rows @ worth), 0.0)
    order = np.lexsort((-losses, others.base))
    first = np.searchsorted(others.base[order], np.arange(len(start)))
    rank = np.arange(len(order)) - first[others.base[order]]
    best = order[rank < limits.max_rules * limits.max_values]
    reach = start + np.bincount(others.base[best], losses[best], len(start))
    return np.asarray((losses > 0) & (reach[others.base] > 0), np.bool_)


def _kept(parts: Parts, mask: Bools) -> Parts:
    at = np.flatnonzero(mask)
    return Parts(parts.base[at], parts.family[at], parts.leaf[at], parts.values[at], parts.rows[at])


def _counts(family: Family, own: Bools) -> tuple[Ints, Ints]:
    known = family.codes != NONE
    size = len(family.values)
    held = np.bincount(family.codes[known & own], minlength=size)
    return held, np.bincount(family.codes[known], minlength=size)


def _entries(codes: Ints, good: Bools) -> tuple[Ints, Ints, Ints]:
    """Good leaves, and the row and column of each of their accounts."""
    leaves = np.flatnonzero(good)
    row_of = np.full(len(good) + 1, NONE, np.int64)  # the last entry stands for `NONE`
    row_of[leaves] = np.arange(len(leaves))
    rows = row_of[codes]
    cols = np.flatnonzero(rows != NONE)
    return leaves, rows[cols], cols


_Block = tuple[Ints, int, Ints, Ints, Ints]
"""Base of each part, family, leaf of each part, row and column of each account."""


def _pairs(families: list[Family], base_of: list[Ints], mixed: list[Bools]) -> Iterator[_Block]:
    for f, outer in enumerate(families):
        for g, inner in enumerate(families):
            if outer.field == inner.field:
                continue
            base = _look_up(base_of[f], outer.codes)
            cols = np.flatnonzero((base != NONE) & _look_up(mixed[g], inner.codes, missing=False))
            key, row = np.unique(base[cols] * len(inner.values) + inner.codes[cols], return_inverse=True)
            yield key // len(inner.values), g, key % len(inner.values), row, cols


def _exclusions(families: list[Family], base_of: list[Ints]) -> Iterator[_Block]:
    """Values of a field that can be kept out of a base: none of its accounts may have the field empty."""
    for f, outer in enumerate(families):
        base = _look_up(base_of[f], outer.codes)
        for g, inner in enumerate(families):
            if inner.comparator != "equal" or (outer.field == inner.field and outer.comparator == "equal"):
                continue
            n_bases = int(base.max(initial=NONE)) + 1
            empty = np.bincount(base[(base != NONE) & ~inner.filled], minlength=n_bases) > 0
            cols = np.flatnonzero((base != NONE) & _look_up(inner.usable, inner.codes, missing=False))
            cols = cols[~empty[base[cols]]]
            key, row = np.unique(base[cols] * len(inner.values) + inner.codes[cols], return_inverse=True)
            yield key // len(inner.values), g, key % len(inner.values), row, cols


def _look_up(table: Any, codes: Ints, *, missing: Any = NONE) -> Any:  # noqa: ANN401 - whole numbers or truth
    """The entry of each code; `missing` for `NONE`."""
    return np.append(table, missing).astype(table.dtype)[codes]


def _parts(families: list[Family], blocks: list[_Block], n: int) -> Parts:
    none = np.empty(0, np.int64)
    blocks = [(none, 0, none, none, none), *blocks]
    base = np.concatenate([block[0] for block in blocks]).astype(np.int64)
    family = np.concatenate([np.full(len(block[2]), block[1]) for block in blocks]).astype(np.int64)
    leaf = np.concatenate([block[2] for block in blocks]).astype(np.int64)
    starts = np.cumsum([0, *(len(block[2]) for block in blocks)])
    rows = np.concatenate([block[3] + start for block, start in zip(blocks, starts[:-1], strict=True)])
    cols = np.concatenate([block[4] for block in blocks])
    order = np.lexsort((leaf, family, base))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    matrix = csr_array((np.ones(len(cols)), (rank[rows.astype(np.int64)], cols)), shape=(len(base), n))
    values = np.array([len(families[f].values[i]) for f, i in zip(family, leaf, strict=True)], np.int64)
    return Parts(base[order], family[order], leaf[order], values[order], matrix)


def _matrix(rows: list[Ints], n: int) -> Any:  # noqa: ANN401 - a sparse matrix
    stops = np.cumsum([0, *map(len, rows)])
    cols = np.concatenate([np.empty(0, np.int64), *rows])
    return csr_array((np.ones(len(cols)), cols, stops), shape=(len(rows), n))


def criterion_of(
    pool: Pool, parts: list[int], exclusions: list[tuple[int, list[int]]], limits: Limits
) -> Criterion | None:
    """The criterion of a choice of parts: alternatives joined by OR; None of nothing."""
    chosen = sorted(parts)
    bases = [int(pool.parts.base[p]) for p in chosen]
    edges = [0, *(i for i, (a, b) in enumerate(pairwise(bases), 1) if a != b), len(chosen)]
    alternatives: list[Criterion] = []
    for start, stop in pairwise(edges):
        if start == stop:
            continue
        inner = list(_rules(pool, pool.parts, chosen[start:stop], limits))
        if bases[start] == ALONE:
            alternatives += inner
        else:
            alternatives.append(_within(pool, bases[start], [joined("OR", inner)], limits))
    for base, atoms in exclusions:
        out = list(_rules(pool, pool.left_out, atoms, limits, opposite=True))
        alternatives.append(_within(pool, base, out, limits))
    return joined("OR", alternatives) if alternatives else None


def _within(pool: Pool, base: int, rest: list[Criterion], limits: Limits) -> Criterion:
    family, leaf = pool.bases[base]
    head = list(_filled(pool.families[family], [*pool.families[family].values[leaf]], limits))
    return joined("AND", [joined("OR", head), *rest])


def _rules(
    pool: Pool, parts: Parts, chosen: list[int], limits: Limits, *, opposite: bool = False
) -> Iterator[Criterion]:
    held: dict[int, list[str]] = {}
    for part in chosen:
        family = int(parts.family[part])
        held.setdefault(family, []).extend(pool.families[family].values[int(parts.leaf[part])])
    for family in sorted(held):
        yield from _filled(pool.families[family], held[family], limits, opposite=opposite)


def _filled(family: Family, texts: list[str], limits: Limits, *, opposite: bool = False) -> Iterator[Criterion]:
    """As many values in a rule as it may hold."""
    for start in range(0, len(texts), limits.max_values):
        values = tuple(texts[start : start + limits.max_values])
        yield Rule(family.field, "not_equal" if opposite else family.comparator, values)


def text_columns(frame: Any, fields: list[str]) -> dict[str, Objects]:  # noqa: ANN401 - a DataFrame
    """The texts of the fields; None where there is none."""
    columns: dict[str, Objects] = {}
    for field in fields:
        column = frame[field]
        texts = np.empty(len(column), object)
        texts[:] = [value if known else None for value, known in zip(column, column.notna(), strict=True)]
        columns[field] = texts
    return columns
