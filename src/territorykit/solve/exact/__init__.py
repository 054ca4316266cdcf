"""Models for integer programming solvers."""
