"""How kernels are compiled: cached on disk, without the interpreter's lock."""

from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
"""What makes a function a kernel."""
