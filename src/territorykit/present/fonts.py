"""Fonts for names in any script, and what to do about characters that none of them has."""

import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from territorykit.errors import BackendError, TerritoryKitWarning, listing

FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC",
    "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC",
    "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS",
    "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai",
)  # fmt: skip
"""Fonts that are asked, in this order, for what the usual one lacks; those that are not installed are left out."""

MISSING = "\N{WHITE SQUARE}"


def matplotlib() -> Any:  # noqa: ANN401 - the module
    """The matplotlib package, or an error that names the extra to install."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = 'maps need matplotlib: pip install "territorykit[viz]"'
        raise BackendError(message) from error
    return mpl


def families() -> list[str]:
    """Font families for labels: the user's own first, then the fallbacks that are installed."""
    installed = _installed()
    return [*matplotlib().rcParams["font.family"], *(name for name in FALLBACKS if name in installed)]


def drawable(texts: Iterable[object], *, longest: int = 28) -> list[str]:
    """Texts as a map can show them: one line of limited length, with a box for each character that no font has.

    Matplotlib would warn about each such character each time the map is drawn; here one warning says it.
    """
    lines = [_line(str(text), longest) for text in texts]
    known = _known(tuple(families()))
    lacking = sorted({c for line in lines for c in line if ord(c) not in known})
    if lacking:
        message = (
            f"no installed font has {listing(lacking)}; boxes stand in on the map: install a font that has them, "
            "such as Noto Sans CJK"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=3)
    return ["".join(MISSING if c in lacking else c for c in line) for line in lines]


def _line(text: str, longest: int) -> str:
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= longest else line[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _installed() -> set[str]:
    matplotlib()
    from matplotlib.font_manager import fontManager  # noqa: PLC0415 - an extra

    return set(fontManager.get_font_names())


@lru_cache(maxsize=8)
def _known(names: tuple[str, ...]) -> frozenset[int]:
    """Code points that any of the fonts can draw."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415 - an extra

    points: set[int] = set()
    for name in names:
        points.update(get_font(findfont(FontProperties(family=[name]))).get_charmap())
    return frozenset(points)
