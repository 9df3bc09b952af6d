"""A worker that finds its rules compiled: run by `match` as a process of its own, so that its memory is its own."""

import resource
import sys
import time
from pathlib import Path

from services.techstack.store import stored_matcher


def _resident() -> float:
    """MB of this process now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def load(folder: Path, extra: str) -> tuple[float, float]:
    """CPU seconds and MB that the matcher takes."""
    before, started = _resident(), time.process_time()
    matcher = stored_matcher(folder, extra)
    seconds, grown = time.process_time() - started, _resident() - before
    assert matcher.rules.technologies
    return seconds, grown


print(*load(Path(sys.argv[1]), sys.argv[2]))
