"""Chinese administrative codes: which province, prefecture and county a unit belongs to."""

import re
from collections.abc import Iterable

import geopandas as gpd
import pandas as pd

from territorykit._arrays import objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.inputs import add_rows, plain_ids

LEVELS = ["province", "prefecture", "county"]
PROVINCES = frozenset(
    f"{region}{province}"
    for region, provinces in ((1, "12345"), (2, "123"), (3, "1234567"), (4, "123456"), (5, "01234"), (6, "12345"))
    for province in provinces
) | {"71", "81", "82"}
MUNICIPALITIES = frozenset(["11", "12", "31", "50"])
CITIES = frozenset(["81", "82"])
"""Hong Kong and Macao: one city each."""
TAIWAN = "71"
DIRECT = "90"
"""Third and fourth digit of counties directly under a province."""
UNDIVIDED = frozenset(["441900", "442000", "460400", "620200"])
"""Dongguan, Zhongshan, Danzhou and Jiayuguan: prefectures without counties."""
LENGTHS = (2, 4, 6, 9, 12)
NONE = "00"
_CODE = re.compile(r"\s*(\d+)(?:\.0+)?\s*", re.ASCII)

Nesting = tuple[str, str | None, str | None]


def nest_by_adcode(codes: pd.DataFrame | pd.Series | Iterable[object], column: str = "adcode") -> pd.DataFrame:
    """Province, prefecture and county of each unit, from its code after GB/T 2260.

    The code has two digits each for province, prefecture and county [1]_: 440305 is Nanshan (05) in Shenzhen (4403) in
    Guangdong (44). Digits of streets and villages may follow [2]_. A place stands at the level where its digits end;
    levels below are missing. No table of codes
    is kept, because they change every year: a code is taken apart by its digits, except where these would lump
    together what does not belong together, or part what does:

    - Counties directly under a province (third and fourth digit 90, such as Jiyuan, 419001) and those of Taiwan
      without a city (710001) are prefectures of their own.
    - Beijing, Tianjin, Shanghai and Chongqing have no prefectures. All their counties are in one, 110100, 120100,
      310100 and 500100; 500200, a heading for Chongqing's rural counties, counts as 500100.
    - Hong Kong (810000) and Macao (820000) are one prefecture each.
    - Dongguan, Zhongshan, Danzhou and Jiayuguan have no counties: their code is its own county.

    Parameters
    ----------
    codes
        A frame with a column of codes or codes in its index, or the codes themselves. Texts, whole numbers and
        whole floats count alike, as no code starts with 0. Statistical codes of 9 and 12 digits (towns and
        villages) count by their first six; codes of 2 and 4 digits are filled up with zeros.
    column
        The column, or the name of the index, of a frame.

    Returns
    -------
    DataFrame
        Indexed as the input, with the columns ``province``, ``prefecture`` and ``county``: texts of six digits,
        None where there is none.

    Raises
    ------
    DataError
        With all problems at once: codes that are missing, no codes, of no province, of a county without a
        prefecture, of a town without a county, or a mere heading such as 429000.

    References
    ----------
    .. [1] GB/T 2260-2007, *Codes for the administrative divisions of the People's Republic of China*.
    .. [2] National Bureau of Statistics of China, *Rules for statistical division codes* (2009): 12 digits.

    Examples
    --------
    >>> nest_by_adcode(["440305", "419001", "500229", "441900", "440300"])
      province prefecture  county
    0   440000     440300  440305
    1   410000     419001  419001
    2   500000     500100  500229
    3   440000     441900  441900
    4   440000     440300    None
    """
    values, index = _values(codes, column)
    problems = Problems("administrative codes")
    texts, ids = objects([_hashable(value) for value in plain_ids(values)]), plain_ids(index)
    found = {text: _nesting(text) for text in dict.fromkeys(texts)}
    rows = [found[text] for text in texts]
    for remark in dict.fromkeys(row for row in rows if isinstance(row, str)):
        wrong = pd.Series(rows, dtype=object).eq(remark).to_numpy(bool)
        what, remedy = remark.split("; ", 1)
        if what == MISSING:
            add_rows(problems, wrong, ids, what, remedy)
        else:
            problems.add(f"{int(wrong.sum()):,} {what}: {listing(dict.fromkeys(texts[wrong]))}", remedy)
    problems.raise_as(DataError)
    return pd.DataFrame(rows, index=index, columns=LEVELS, dtype=object)


def _hashable(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else str(value)


MISSING = "codes are missing"
_WRONG = {
    "missing": f"{MISSING}; give every unit its code, or leave it out by name",
    "form": "codes have not 2, 4, 6, 9 or 12 digits; read the column as text: 1.10101E+11 has lost digits",
    "province": "codes are of no province; the first two digits are one of GB/T 2260, from 11 to 82",
    "county": "codes name a county without a prefecture; the third and fourth digit are 00 in Taiwan, Hong Kong and "
    "Macao only",
    "heading": "codes are headings for counties directly under a province; give each county its own, such as 429004",
    "town": "codes name a town without a county; digits five and six are 00 in Dongguan, Zhongshan, Danzhou and "
    "Jiayuguan only",
}


def _values(codes: pd.DataFrame | pd.Series | Iterable[object], column: str) -> tuple[object, pd.Index]:
    if isinstance(codes, pd.DataFrame):
        if column in codes.columns and not isinstance(codes[column], pd.DataFrame):
            return codes[column], codes.index
        if codes.index.name == column:
            return codes.index, codes.index
        known = [name for name in codes.columns if not isinstance(codes, gpd.GeoDataFrame) or name != "geometry"]
        remedy = f"column= takes one of {', '.join(map(repr, known))}, or the name of the index"
        message = f"administrative codes: there is no single column {column!r}; {remedy}"
        raise DataError(message)
    if isinstance(codes, pd.Series):
        return codes, codes.index
    if isinstance(codes, str | bytes) or not isinstance(codes, Iterable):
        message = f"administrative codes: {codes!r} is no list of codes; pass a list, a column or a frame"
        raise DataError(message)
    values = codes if isinstance(codes, pd.Index) else list(codes)
    return values, pd.RangeIndex(len(values))


def _nesting(value: object) -> Nesting | str:
    """The three levels of one code, or what is wrong with it."""
    if value is None:
        return _WRONG["missing"]
    match = None if isinstance(value, bool) else _CODE.fullmatch(str(value))
    if match is None or len(match[1]) not in LENGTHS:
        return _WRONG["form"]
    digits = match[1].ljust(6, "0")
    province, prefecture, county, rest = digits[:2], digits[2:4], digits[4:6], digits[6:].strip("0")
    fault = _fault(province, prefecture, county, rest)
    if fault is not None:
        return _WRONG[fault]
    code = digits[:6]
    own = code if county != NONE or code in UNDIVIDED else None
    return f"{province}0000", _prefecture(province, prefecture, county), own


def _fault(province: str, prefecture: str, county: str, rest: str) -> str | None:
    if province not in PROVINCES:
        return "province"
    if prefecture == NONE and county != NONE and province not in (TAIWAN, *CITIES):
        return "county"
    if prefecture == DIRECT and county == NONE:
        return "heading"
    if rest and county == NONE and province + prefecture + county not in UNDIVIDED:
        return "town"
    return None


def _prefecture(province: str, prefecture: str, county: str) -> str | None:
    if province in MUNICIPALITIES:
        return f"{province}0100"
    if province in CITIES:
        return f"{province}0000"
    if prefecture == DIRECT or (prefecture == NONE and county != NONE):
        return province + prefecture + county
    return None if prefecture == NONE else f"{province}{prefecture}00"
