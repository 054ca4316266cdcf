"""The sizes that first plans aim at: one for each territory and activity, and how closely it is meant."""

from typing import NamedTuple

import numpy as np

from territorykit._arrays import Floats
from territorykit.solve.compile import Compiled

WIDEST = 2.0
"""A band counts as no wider than this, in mean sizes: beyond is no limit at all."""
CLOSEST = 0.02
"""Nor as narrower than this: below, no plan of whole nodes can tell."""


class Aims(NamedTuple):
    """Loads and aims; without limited activities the mass of the nodes counts, in equal shares."""

    loads: Floats
    """(n_nodes, n_activities): in mean sizes."""
    sizes: Floats
    """(n_territories, n_activities): where in its band each size should be; they sum up to the total."""
    strictness: Floats
    """(n_activities,): 1 for the one with the narrowest bands, less for others."""
    narrowest: float
    """How wide these are, in mean sizes."""


def aims_of(compiled: Compiled) -> Aims:
    """The middle of each band, moved within the bands until all territories together hold the total."""
    facts, k = compiled.facts, compiled.problem.n_territories
    if facts.loads.shape[1] == 0:
        mass = compiled.mass / compiled.mass.sum() * k
        return Aims(mass[:, None], np.ones((k, 1)), np.ones(1), WIDEST)
    width = np.clip(facts.upper - facts.lower, 0, WIDEST)
    missing = facts.loads.sum(axis=0) - facts.lower.sum(axis=0)
    share = np.where(width.sum(axis=0) > 0, width, 1.0)
    sizes = np.maximum(facts.lower + missing * share / share.sum(axis=0), 0.0)
    narrow = np.maximum(width.mean(axis=0), CLOSEST)
    return Aims(np.ascontiguousarray(facts.loads), sizes, narrow.min() / narrow, float(narrow.min()))
