"""Shapefiles: parts that belong together, and the encoding of their texts."""

import codecs
import re
import struct
from pathlib import Path

from territorykit.errors import DataError, Problems
from territorykit.load.formats.texts import UTF8, decoded

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".cst", ".qix", ".sbn", ".sbx")
LANGUAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x09: "cp437", 0x0A: "cp850", 0x0B: "cp437",
    0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850", 0x11: "cp437", 0x12: "cp850", 0x13: "cp932",
    0x14: "cp850", 0x15: "cp437", 0x16: "cp850", 0x17: "cp865", 0x18: "cp437", 0x19: "cp437", 0x1A: "cp850",
    0x1B: "cp437", 0x1C: "cp863", 0x1D: "cp850", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852", 0x24: "cp860",
    0x25: "cp850", 0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "gb18030", 0x4E: "cp949", 0x4F: "cp950",
    0x50: "cp874", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x67: "cp861",
    0x6A: "cp737", 0x6B: "cp857", 0x6C: "cp863", 0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932",
    0x7C: "cp874", 0x86: "cp737", 0x87: "cp852", 0x88: "cp857", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254",
    0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
"""Byte 29 of a .dbf. 0x00 and 0x57 say "whatever the machine used", which is no statement."""
GB = ("gb2312", "gbk", "cp936", "euc-cn", "gb18030")
"""Older sets that GB18030 contains; files that name an old one often hold newer characters."""
HEADER = 32
INDEX_HEADER, INDEX_RECORD = 100, 8


def check_parts(path: Path, subject: str) -> dict[str, Path]:
    """The files of a shapefile by suffix; those that it needs are there and speak of the same rows.

    `subject` is what messages call it: in an archive, `path` has a name of our own.

    Raises
    ------
    DataError
        If they are not.

    References
    ----------
    .. [1] Esri (1998). *ESRI Shapefile Technical Description*.
    """
    stem = path.stem
    parts = {file.suffix.lower(): file for file in path.parent.iterdir() if file.stem == stem}
    problems = Problems(subject)
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        problems.add(
            f"a shapefile is several files, and {' and '.join(missing)} is not beside it",
            "copy the files that belong to it together, or zip them",
        )
    problems.raise_as(DataError)
    shapes = max(parts[".shx"].stat().st_size - INDEX_HEADER, 0) // INDEX_RECORD
    head = _head(parts[".dbf"], subject)
    if shapes != head[0]:
        problems.add(
            f"the .shx lists {shapes:,} shapes and the .dbf {head[0]:,} rows",
            "the files are not of one piece: copy or export them again",
        )
    problems.raise_as(DataError)
    return parts


def _table_of(subject: str) -> str:
    """The name of the table in messages: that of the archive where the shapefile is in one."""
    return f"{subject[:-4]}.dbf" if subject.lower().endswith(".shp") else subject


def _head(table: Path, subject: str) -> tuple[int, int, int, int]:
    """Rows, bytes of the header, bytes of a row, and language of a .dbf."""
    with table.open("rb") as file:
        head = file.read(HEADER)
    if len(head) < HEADER:
        message = f"{_table_of(subject)}: the header of the table is cut off; copy or export it again"
        raise DataError(message)
    rows, header, row = struct.unpack("<4xIHH20x", head)
    return rows, header, row, head[29]


def encoding_of(parts: dict[str, Path], encoding: str | None, subject: str) -> str:
    """The encoding of a shapefile's texts: the caller's, the one stated, or UTF-8 where all bytes are.

    Stated is what the .cpg says, and next the language in the header of the .dbf. Everything else is an error:
    to take the texts for Western European, as is usual, would spoil others in silence.

    Raises
    ------
    DataError
        If none is stated and the texts are not UTF-8, or they are not in the one that is stated.
    """
    table = parts[".dbf"]
    rows, header, row, language = _head(table, subject)
    stated = encoding or _from_cpg(parts.get(".cpg")) or LANGUAGES.get(language)
    if stated is None:
        decoded(Path(_table_of(subject)), _texts(table.read_bytes(), header, row, rows), UTF8)
        return "utf-8"
    try:
        return codecs.lookup(stated).name
    except LookupError as error:
        named = "name it, such as encoding='gb18030' or 'cp1252'"
        message = f"{_table_of(subject)}: the encoding {stated!r} is not known; {named}"
        raise DataError(message) from error


def _texts(content: bytes, header: int, row: int, rows: int) -> bytes:
    """Names and contents of the text columns, with an end of line after each value."""
    values = []
    at = 1
    for start in range(HEADER, header - 1, HEADER):
        field = content[start : start + HEADER]
        if len(field) < HEADER or field[0] == 0x0D:  # noqa: PLR2004 - the end of the list of columns
            break
        values.append(field[:11].split(b"\0")[0])
        width = field[16]
        if field[11:12] == b"C":
            values += [
                content[header + i * row + at : header + i * row + at + width].rstrip(b" \0") for i in range(rows)
            ]
        at += width
    return b"\n".join(values)


def _from_cpg(file: Path | None) -> str | None:
    """What a .cpg names: "UTF-8", "936", "ANSI 1252", "GBK"."""
    if file is None:
        return None
    name = file.read_text("ascii", "replace").strip().lower()
    number = re.search(r"(?<!\d)(\d{3,5})$", name)
    if name in GB or (number and number[1] in ("936", "54936")):
        return "gb18030"
    if number and number[1] == "65001":
        return "utf-8"
    iso = re.fullmatch(r"(?:iso[-_ ]?)?8859[-_]?(\d+)|88591(\d)?", name)
    if iso and iso[1]:
        return f"iso8859-{iso[1]}"
    if number and not name.startswith(("utf", "iso", "gb", "big")):
        return f"cp{number[1]}"
    return name or None
