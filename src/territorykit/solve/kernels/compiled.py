"""How kernels are compiled: cached on disk, without the interpreter's lock."""

from numba import njit

allocating = njit(cache=True, nogil=True, error_model="numpy")
"""For kernels that make arrays of their own."""

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
"""For kernels that only use the arrays they are given.

Without `_nrt=False` every call would count references to all arrays of its arguments up and down; with
bundles of thirty arrays that made a proposal cost ten times as much.
"""

inlined = njit(cache=True, nogil=True, _nrt=False, error_model="numpy", inline="always")
"""For the few lines that everything calls."""
