"""Writing files so that a failure never leaves half a file behind."""

import glob
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from territorykit.errors import BackendError, DataError, TerritoryKitError


def target(path: object, suffixes: Collection[str]) -> Path:
    """The path of a file that can be written: a known suffix, in a folder that is there.

    Raises
    ------
    DataError
        If it is not.
    """
    if not isinstance(path, str | os.PathLike):
        message = f"path is a {type(path).__name__}; pass the path of a file"
        raise DataError(message)
    file = Path(path)
    if file.suffix.lower() not in suffixes:
        message = f"{file.name!r} ends in {file.suffix!r}; write one of {', '.join(suffixes)}"
        raise DataError(message)
    if file.is_dir():
        message = f"{str(file)!r} is a folder; name a file in it"
        raise DataError(message)
    if not file.parent.is_dir():
        message = f"there is no folder {str(file.parent)!r}; make it first"
        raise DataError(message)
    return file


@contextmanager
def replacing(*files: Path) -> Iterator[list[Path]]:
    """Temporary files that take the places of `files` when all of them are written.

    They lie in the same folder, so that taking the place is one step. If anything fails before it, the
    temporary files go and what was there stays.

    Raises
    ------
    DataError
        If the content cannot be written in this format.
    BackendError
        If a package for it is not installed.
    """
    token = secrets.token_hex(6)
    drafts = [file.with_name(f".{file.stem[:80]}.{token}{file.suffix}") for file in files]
    try:
        yield drafts
        for draft, file in zip(drafts, files, strict=True):
            draft.replace(file)
    except ImportError as error:
        message = f'{files[-1].name} needs a package that is not installed ({error}): pip install "territorykit[files]"'
        raise BackendError(message) from error
    except (OSError, TerritoryKitError):
        raise
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        # What the writers of the formats raise about values that they cannot hold.
        message = f"{files[-1].name} cannot hold this table: {error}; nothing was written, try another format"
        raise DataError(message) from error
    finally:
        for draft in drafts:
            for rest in draft.parent.glob(f"{glob.escape(draft.name)}*"):  # a database keeps a journal beside it
                rest.unlink()
