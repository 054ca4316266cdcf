"""Immutable types: facts (units), wishes (requirements, objective), answer (plan) and how it was got (result)."""
