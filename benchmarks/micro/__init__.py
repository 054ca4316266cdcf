"""Micro-benchmarks of the search kernels: python -m pytest benchmarks/micro."""
