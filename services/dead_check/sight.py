"""One page as the signatures see it. Everything is worked out once, in time linear in the page."""

from __future__ import annotations

import re
from functools import cached_property
from urllib.parse import urlsplit

from shared.web.domains import host_of, registrable, same_site
from shared.web.folding import fold
from shared.web.page import Page

_MOST_TEXT = 20_000
"""Characters that are looked through; no signature allows as many."""
_MOST_SCRIPT = 20_000
_MOST_ADDRESSES = 2000
_OWN_PAGES = 4
"""Distinct pages of its own that a page must link to before it is a site's: landing pages have one or two."""
_SOURCES = (
    ("script[src]", "src"),
    ("iframe[src]", "src"),
    ("frame[src]", "src"),
    ("img[src]", "src"),
    ("link[rel~='stylesheet' i][href]", "href"),
)
_SHOWN = (
    "img, svg, canvas, video, audio, iframe, frame, object, embed, form, input, picture, script, "
    "meta[http-equiv='refresh' i]"
)
"""Elements by which a page without a word may still be one: above all the shell of an application."""
_REFRESH = re.compile(r"url\s{0,9}=\s{0,9}['\"]?([^'\"\s>]{1,2000})", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)(?:\+\d{2}[\s.]?(?:\(0\)\s?)?\d|0\d)(?:[\s.-]?\d\d){4}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}")
_PATHS_OF_ADVERTS = ("/lander", "/search", "/cgi-sys/", "/zcvisitor/", "/click")


class Sight:
    """A page, and the domain that was asked for when it came."""

    def __init__(self, page: Page, asked_host: str) -> None:
        self._page = page
        self._domain = registrable(asked_host)
        self.status = page.status

    @cached_property
    def text(self) -> str:
        """What a visitor reads, folded, on one line."""
        return fold(" ".join(self._page.text[:_MOST_TEXT].split()))

    @cached_property
    def title(self) -> str:
        return fold(self._page.title or "")

    @cached_property
    def is_alive(self) -> bool:
        """Whether there is a site around the page: pages of its own, or who is behind it in machines' words."""
        return len(self._own_pages) >= _OWN_PAGES or any("schema.org" in text for text in self._page.inline_scripts)

    @cached_property
    def shows_a_hand(self) -> bool:
        """Whether somebody is behind the page: a telephone, a mail address, software that was installed to write it."""
        return (
            "generator" in self._page.meta
            or any(link.url.startswith(("tel:", "mailto:")) for link in self._page.links)
            or _PHONE.search(self.text) is not None
            or _EMAIL.search(self.text) is not None
        )

    @cached_property
    def is_blank(self) -> bool:
        """Whether there is nothing at all: not a word but the name, and nothing that a browser would show or run."""
        if self.text or self.title not in ("", self._domain, host_of(self._page.url)):
            return False
        return self._page.tree.css_first(_SHOWN) is None

    def speaks_of_domain(self) -> bool:
        """Whether the page names what stands before the suffix of the domain, as one word or as several."""
        label = self._domain.partition(".")[0]
        return len(label) >= 5 and any(word in f"{self.title} {self.text}" for word in (label, label.replace("-", " ")))

    def has_title(self, value: str) -> bool:
        return self.title.startswith(value[:-1]) if value.endswith("*") else self.title == value

    def has_text(self, value: str) -> bool:
        return self._filled(value) in self.text

    def has_script(self, value: str) -> bool:
        return any(value in text[:_MOST_SCRIPT] for text in self._page.inline_scripts)

    def has_address(self, value: str) -> bool:
        return value in self._page.url

    def has_header(self, value: str) -> bool:
        name, _, part = value.partition(": ")
        return any(part in sent.lower() for sent in self._page.headers.get(name, []))

    def has_source(self, value: str) -> bool:
        return any(self._leads(address, value) for address in self._sources)

    def has_link(self, value: str) -> bool:
        value = self._filled(value)
        return any(self._leads(link.url, value) for link in self._page.links[:_MOST_ADDRESSES])

    def _filled(self, value: str) -> str:
        return value.replace("{domain}", self._domain)

    def _leads(self, address: str, value: str) -> bool:
        """Whether an address is what a signature names. A company's own pages are no landing pages of it."""
        try:
            parts = urlsplit(address.lower())
            host = parts.hostname or ""
        except ValueError:
            return False
        rest = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if value.startswith("/"):
            return value in rest
        named, _, path = value.partition("/")
        if host != named and not host.endswith(f".{named}"):
            return False
        return rest.startswith(f"/{path}") and not same_site(named, self._domain)

    @cached_property
    def _sources(self) -> list[str]:
        tree = self._page.tree
        found = [(node.attributes.get(name) or "") for selector, name in _SOURCES for node in tree.css(selector)]
        refreshed = (_REFRESH.search(content[:4000]) for content in self._page.meta.get("refresh", [])[:10])
        found += [target[1] for target in refreshed if target is not None]
        addresses = (self._page.absolute(address) for address in found[:_MOST_ADDRESSES])
        return [address for address in addresses if address is not None]

    @cached_property
    def _own_pages(self) -> set[str]:
        own = host_of(self._page.url)
        paths: set[str] = set()
        for link in self._page.links[:_MOST_ADDRESSES]:
            if own and link.url.startswith("http") and host_of(link.url) == own:
                paths.add(urlsplit(link.url).path.rstrip("/"))
        return {path for path in paths if path and not path.startswith(_PATHS_OF_ADVERTS)}
