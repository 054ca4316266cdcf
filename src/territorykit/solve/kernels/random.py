"""A small random generator whose state is an array, so that runs in threads never share one.

xoroshiro128+ (Blackman, D., Vigna, S. (2021). Scrambled linear pseudorandom number generators. *ACM
Transactions on Mathematical Software*, 47(4), 1-32).
"""

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import kernel

_A, _B, _C = np.uint64(24), np.uint64(16), np.uint64(37)
_SHIFT = np.uint64(11)
_WORD = np.uint64(64)
_ULP = 1.0 / 9007199254740992.0  # 2**-53


@kernel
def uniform(rng: Array) -> float:
    """A number from [0, 1); moves the generator on."""
    s0, s1 = rng[0], rng[1]
    word = s0 + s1
    s1 ^= s0
    rng[0] = ((s0 << _A) | (s0 >> (_WORD - _A))) ^ s1 ^ (s1 << _B)
    rng[1] = (s1 << _C) | (s1 >> (_WORD - _C))
    return float(word >> _SHIFT) * _ULP


@kernel
def below(rng: Array, n: int) -> int:
    """A whole number from 0 to n - 1."""
    return int(uniform(rng) * n)
