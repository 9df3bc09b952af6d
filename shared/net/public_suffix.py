"""The public suffix list: under which names anybody may register one of their own."""

from __future__ import annotations

from functools import cache

import tldextract


@cache
def suffixes() -> tldextract.TLDExtract:
    """The list that comes with the library: nothing is downloaded, nothing written. Read at the first look-up, which
    takes tenths of a second."""
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
