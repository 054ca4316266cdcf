"""How a first plan is made: one idea per file."""
