"""Archives and markup as input: looked at before anything in them is unpacked or expanded."""

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from territorykit.errors import DataError, Problems, RequirementError, TerritoryKitError, listing

SMALL = 2**26
"""64 MiB: what unpacks to less than this does no harm, however well it was packed."""
CHUNK = 2**20
PROLOG = 2**12
ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold: a .kmz, a zipped shapefile, or an .xlsx, which is an archive too.

    A file of a few kilobytes can unpack to more than a disk holds [1]_. What is beyond a limit is refused before
    anything is unpacked. Raise a limit for a file that you trust.

    Parameters
    ----------
    unpacked
        Bytes of all members together.
    ratio
        Unpacked bytes per byte of the file; looked at from 64 MiB on. Real tables stay below 100.
    members
        Number of files inside.

    Raises
    ------
    RequirementError
        If a limit is not positive.

    References
    ----------
    .. [1] Fifield, D. (2019). A better zip bomb. *13th USENIX Workshop on Offensive Technologies*.

    Examples
    --------
    >>> ArchiveLimits(ratio=500).unpacked
    2147483648
    """

    unpacked: int = 2**31
    ratio: float = 200.0
    members: int = 10_000

    def __post_init__(self) -> None:
        for name in ("unpacked", "ratio", "members"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                message = f"ArchiveLimits: {name} is {value!r}; pass a positive number"
                raise RequirementError(message)


@contextmanager
def readable(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Turn whatever a reader makes of a broken file into a `DataError`.

    Readers of other packages raise errors of all kinds about broken files: of keys, types, names and
    attributes as well. Only calls of such readers stand inside.
    """
    try:
        yield
    except TerritoryKitError:
        raise
    except Exception as error:
        message = f"{path.name}: cannot be read{what} ({_said(error)}); {remedy}"
        raise DataError(message) from error


def _said(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= 500 else text[:500] + "..."  # noqa: PLR2004 - a message, not a dump


@contextmanager
def opened(path: Path, limits: ArchiveLimits | None = None, what: str = " as an archive") -> Iterator[zipfile.ZipFile]:
    """An archive whose members are all within the limits and at safe places.

    Raises
    ------
    DataError
        If it is no archive, holds more than the limits allow, or has members with unsafe names.
    """
    with readable(path, what, "pack or save it again"):
        archive = zipfile.ZipFile(path)
    with archive:
        problems = Problems(path.name)
        _check_size(archive, path.stat().st_size, limits or ArchiveLimits(), problems)
        _check_members(archive.infolist(), problems)
        problems.raise_as(DataError)
        yield archive


def _check_size(archive: zipfile.ZipFile, packed: int, limits: ArchiveLimits, problems: Problems) -> None:
    """Sizes as the archive states them; zipfile reads no member beyond what is stated."""
    members = archive.infolist()
    total = sum(max(member.file_size, 0) for member in members)
    trust = "if you trust the file, read it with limits=ArchiveLimits({}=...)"
    if len(members) > limits.members:
        problems.add(
            f"the archive has {len(members):,} members, {limits.members:,} are allowed", trust.format("members")
        )
    if total > limits.unpacked:
        problems.add(
            f"the archive unpacks to {total:,} bytes, {limits.unpacked:,} are allowed", trust.format("unpacked")
        )
    if total > max(SMALL, packed * limits.ratio):
        problems.add(
            f"the archive unpacks to {total / max(packed, 1):,.0f} times its {packed:,} bytes, "
            f"{limits.ratio:,.0f} times are allowed: it may be a bomb",
            trust.format("ratio"),
        )


def _check_members(members: Sequence[zipfile.ZipInfo], problems: Problems) -> None:
    names = [member.filename for member in members]
    remedy = "do not use the archive, or pack it again from files that you know"
    outside = [member.filename for member in members if _leaves(member)]
    if outside:
        problems.add(f"{len(outside):,} members point out of the archive: {listing(outside)}", remedy)
    links = [member.filename for member in members if stat.S_ISLNK(member.external_attr >> 16)]
    if links:
        problems.add(f"{len(links):,} members are links: {listing(links)}", remedy)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1}) if len(names) <= CHUNK else []
        problems.add(f"members share a name: {listing(twice)}", remedy)
    locked = [member.filename for member in members if member.flag_bits & ENCRYPTED]
    if locked:
        problems.add(f"{len(locked):,} members are encrypted: {listing(locked)}", "save it without a password")


def _leaves(member: zipfile.ZipInfo) -> bool:
    """Whether a name is absolute, climbs, or means something else on another system.

    `ZipInfo.filename` is cut at a NUL and has the system's separators replaced; `orig_filename` is as it was.
    """
    name = member.orig_filename
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name.partition("/")[0]


@contextmanager
def unpacked(path: Path, suffixes: Iterable[str], limits: ArchiveLimits | None = None) -> Iterator[dict[str, Path]]:
    """Members with these suffixes, unpacked under names of our own for as long as the block lasts.

    Members of one folder and one stem get one stem. Archives within the archive are not opened.

    Yields
    ------
    dict
        Name of the member to the path where its content is.
    """
    wanted = tuple(suffixes)
    with opened(path, limits) as archive, tempfile.TemporaryDirectory(prefix="territorykit-") as folder:
        stems: dict[str, int] = {}
        found: dict[str, Path] = {}
        for member in archive.infolist():
            stem, suffix = _parts(member.filename)
            if member.is_dir() or suffix not in wanted or stem.startswith("__MACOSX/"):
                continue
            place = Path(folder, f"{stems.setdefault(stem, len(stems))}{suffix}")
            with readable(path, f": {member.filename!r}", "pack or save it again"), archive.open(member) as source:
                _copy(source, place, member.file_size)
            found[member.filename] = place
        yield found


def _parts(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.name else name, path.suffix.lower()


def _copy(source: IO[bytes], place: Path, most: int) -> None:
    with place.open("xb") as file:
        shutil.copyfileobj(source, file, CHUNK)
        if file.tell() > most:
            message = f"it unpacks to more than the {most:,} bytes that it states"
            raise ValueError(message)


class _Enough(Exception):  # noqa: N818 - stops the parser; never seen outside
    """The prolog is over."""


def check_markup(source: IO[bytes], name: str) -> None:
    """Refuse XML with a document type: entities expand without end, or name files and addresses.

    KML and the parts of a workbook have no use for one. Only the prolog is read. Markup that is broken is left
    to its reader.

    Raises
    ------
    DataError
        If there is one, or the markup states an encoding that no reader of XML has to know.

    References
    ----------
    .. [1] W3C (2008). *Extensible Markup Language (XML) 1.0*, 5th edition, section 2.8,
           https://www.w3.org/TR/xml/
    """

    def refuse(*_: object) -> None:
        message = f"{name}: the XML declares a document type, and with it entities; remove it, or save the file again"
        raise DataError(message)

    def enough(*_: object) -> None:
        raise _Enough

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = enough
    try:
        while chunk := source.read(PROLOG):
            parser.Parse(chunk)
    except (_Enough, expat.ExpatError):
        return
    except (LookupError, ValueError) as error:
        message = f"{name}: the XML is in an encoding that is not read ({error}); save it in UTF-8"
        raise DataError(message) from error
