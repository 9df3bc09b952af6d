"""The official label of each NAF (rev. 2) class, as companies are filed under: Insee, Licence Ouverte 2.0.

`naf.json` is made by `services/scrap/queries/build.py` from the npm package `@socialgouv/codes-naf` 1.1.1 (Apache-2.0).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

NAF_FILE = Path(__file__).with_name("naf.json")


@cache
def naf_labels() -> dict[str, str]:
    """Label by code: `10.71C` → Boulangerie et boulangerie-pâtisserie."""
    return msgspec.json.decode(NAF_FILE.read_bytes(), type=dict[str, str])
