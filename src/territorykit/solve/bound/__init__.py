"""Proven lower bounds: what no plan can beat."""
