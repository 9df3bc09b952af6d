"""One spelling for one address."""

from __future__ import annotations

from functools import lru_cache

import httpx

from shared.net.errors import FetchError


@lru_cache(256)  # an address in work is read for the key of the cache and again for its request: 25 µs each
def parse_url(url: str) -> httpx.URL:
    """The URL as it is requested: lower-case host in punycode, no default port, no fragment, a path.

    Raises FetchError `invalid_url`. Whether it may be reached is the egress policy's to say.
    """
    try:
        parsed = httpx.URL(url.strip())
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError("invalid_url", "Only http and https addresses can be fetched.", url=url[:2048])
        user = f"{parsed.userinfo.decode('ascii')}@" if parsed.userinfo else ""
        where = f"{user}{parsed.netloc.decode('ascii')}{parsed.raw_path.decode('ascii')}"
        spelled = f"{parsed.scheme}://{where}"
        return parsed if str(parsed) == spelled else httpx.URL(spelled)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise FetchError("invalid_url", "The address is not a URL.", url=url[:2048]) from None


def normalise_url(url: str) -> str:
    """The text of `parse_url`; the page cache's key. Raises FetchError `invalid_url`."""
    return str(parse_url(url))
