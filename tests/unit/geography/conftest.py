from __future__ import annotations

import pytest

from shared.geography import Geography


@pytest.fixture(scope="session")
def geography() -> Geography:
    return Geography.load()
