"""Texts of files: in which encoding they are."""

import codecs
from pathlib import Path

from territorykit.errors import DataError

UTF8 = "utf-8-sig"
MARKS = (
    (codecs.BOM_UTF8, UTF8, ("utf-8", UTF8)),
    (codecs.BOM_UTF32_LE, "utf-32", ("utf-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, "utf-32", ("utf-32", "utf-32-be")),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16-be")),
)
"""What a file may start with, what it is read with then, and the names a caller may give for it."""
CANDIDATES = ("gb18030", "big5", "cp1252")
"""Encodings that a message tries out, so that a reader of the message sees which one is right."""
PREVIEW = 60


def read_text(path: Path, encoding: str | None = None) -> str:
    """The whole text of a file.

    A file that starts with a mark (BOM) is read by it, one without as strict UTF-8, and any other only in the
    encoding that the caller names: nothing is guessed. The message about a file that is not UTF-8 shows how it
    would read in other encodings.

    Raises
    ------
    DataError
        If the bytes are no text in this encoding, the mark contradicts the caller, or there are NUL characters.

    References
    ----------
    .. [1] The Unicode Consortium. *The Unicode Standard*, section 23.8, on the byte order mark.
    """
    content = path.read_bytes()
    marked = next(((use, names) for mark, use, names in MARKS if content.startswith(mark)), None)
    name = _known(path, encoding)
    if marked is not None and name is not None and name not in marked[1]:
        message = (
            f"{path.name}: the file starts with the mark of {marked[0]!r}, and encoding= names {encoding!r}; "
            "leave encoding= out"
        )
        raise DataError(message)
    text = decoded(path, content, marked[0] if marked else encoding or UTF8)
    if "\0" in text:
        message = (
            f"{path.name}: the text has NUL characters, the first at character {text.index(chr(0)):,}; the file is "
            "damaged, or in UTF-16 without a mark: then pass encoding='utf-16-le'"
        )
        raise DataError(message)
    return text


def _known(path: Path, encoding: str | None) -> str | None:
    """The plain name of an encoding of texts, or None where none is named."""
    if encoding is None:
        return None
    try:
        found = codecs.lookup(encoding)
        b"a".decode(found.name, "ignore")  # refuses what encodes no text, such as 'hex'
    except (LookupError, TypeError, ValueError) as error:
        message = (
            f"{path.name}: the texts are not in the encoding {encoding!r} ({error}); name one that Python knows, "
            "such as 'gb18030' or 'cp1252'"
        )
        raise DataError(message) from error
    return found.name.replace("_", "-")


def decoded(path: Path, content: bytes, encoding: str) -> str:
    """Bytes as text, strictly.

    Raises
    ------
    DataError
        If they are no text in this encoding; the message shows what they would be in others.
    """
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        message = (
            f"{path.name}: the texts are not in the encoding {encoding!r} ({_short(str(error))}); name the right one, "
            f"such as encoding='gb18030' (Chinese), 'cp1252' (Western Windows) or 'utf-16'{_previews(content, at)}"
        )
        raise DataError(message) from error


def _previews(content: bytes, at: int) -> str:
    """How the line with the first wrong byte reads in other encodings."""
    start = content.rfind(b"\n", 0, at) + 1
    start = start if at - start < PREVIEW else at - at % 2
    end = content.find(b"\n", at)
    line = content[start : end if end >= 0 else None][: 4 * PREVIEW].rstrip(b"\r")
    parts = []
    for name in CANDIDATES:
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        parts.append(f"as {name} {line.decode(name, 'replace')[:PREVIEW]!r}")
    return f"; the first such line reads {', '.join(parts)}" if parts else ""


def _short(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else text[:limit] + "..."
