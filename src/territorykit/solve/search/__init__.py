"""Heuristic methods: each a frozen settings dataclass with a `run`."""
