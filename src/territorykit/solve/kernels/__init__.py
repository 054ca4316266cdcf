"""Compiled loops over arrays, nothing else: they take arrays and numbers, never a problem or a plan."""
