"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(__file__).parents[2] / "shared"

settings.register_profile("territorykit", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("territorykit")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of large real maps beside the checkout; tests that need it are skipped without it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the folder of real maps is not there: {folder.name} beside the checkout")
    return folder
