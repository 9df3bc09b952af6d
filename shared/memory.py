"""What a long-lived process does about Python's collector of cyclic garbage."""

from __future__ import annotations

import gc


def settle_memory() -> None:
    """Spare the collector what start-up made and lives as long as the process: a full collection stops the loop.

    With Python's own thresholds nearly every item of a worker pays for a small collection, and every two hundredth
    for a full one, of 100 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
