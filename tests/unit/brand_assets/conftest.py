from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.brand_assets.imaging.pool import Imaging


@pytest.fixture(scope="session")
def imaging() -> Iterator[Imaging]:
    """The real processes, started once."""
    imaging = Imaging()
    yield imaging
    imaging.close()
