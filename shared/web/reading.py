"""What is read of a page once for all modules of the process: its outline and what follows from that, its data."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from shared.net.response import Response
from shared.web.lazy import lazy
from shared.web.links import Kind, find_pages
from shared.web.outline import Block, outline
from shared.web.page import Page
from shared.web.sections import Section, sections
from shared.web.structured_data import has_microdata, json_ld_blocks

_MOST_BYTES = 16 * 1024 * 1024
"""Of the remembered pages' bodies. What is kept of them takes up to 1.4 times as much, and holds no tree."""


class Reading:
    """A page's blocks and what it says for machines, without its tree."""

    def __init__(self, page: Page) -> None:
        self.outline: list[Block] = outline(page)
        self.json_ld_blocks = json_ld_blocks(page)
        self.has_microdata = has_microdata(page)
        self._url = page.url

    @lazy
    def sections(self) -> list[Section]:
        """Its blocks, cut by whom they speak of."""
        return sections(self.outline)

    @lazy
    def named(self) -> dict[Kind, list[str]]:
        """The pages of its site that it links to, by kind."""
        return find_pages(self._url, self.outline)


class Readings:
    """The latest readings, by content: modules get the same page within seconds of each other. For any thread.

    Two threads that come first together read twice.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[tuple[str, str, int, int], tuple[Reading, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def of(self, response: Response, page: Callable[[], Page]) -> Reading:
        """The reading of an answer; `page` parses it if nobody has read it yet."""
        # Python's own hash, in a fifth of the time of a digest: who makes two pages alike makes two of one address.
        key = (response.url, response.header("content-type") or "", len(response.body), hash(response.body))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        reading = Reading(page())
        with self._lock:
            if key not in self._kept:
                self._kept[key] = reading, len(response.body)
                self._bytes += len(response.body)
            while self._bytes > self._most:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        return reading


READINGS = Readings()
"""Of this process."""
