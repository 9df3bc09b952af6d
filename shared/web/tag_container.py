"""What a Google Tag Manager container loads: the tags that a page itself does not show.

`gtm.js?id=GTM-...` is public and sent to every visitor. It begins with the container as JSON (`var data = {`):
`resource.tags` are the tags in use, a paused one is not sent. A tag is either of a built-in kind
(`__bzi` is LinkedIn's), or HTML of the owner's (`__html`), or of a template (`__cvt_...`) whose
`permissions` name the scripts it may inject. Macros of the kind `__c` are constants.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import msgspec

from shared.modulekit.module import Context
from shared.net.client import FetchError
from shared.web.charset import decode
from shared.web.page import Page

MAX_CONTAINERS = 2
"""A page; more are leftovers of earlier agencies."""
FETCH_TIME = 10.0
"""Seconds for a container, waits for the host's turn included."""
_MAX_CHARS = 3_000_000
_MAX_SETTING = 300
_ID = re.compile(r"GTM-[A-Z0-9]{4,10}")
_START = re.compile(r"\bvar data\s*=\s*(?=\{)")
_NOSCRIPT = 'iframe[src*="googletagmanager.com/ns.html"]'


class TagContainer(msgspec.Struct, frozen=True):
    """A container as it would stand on a page."""

    tags: list[str]
    """Each as its kind and its settings, `__bzi id=123`."""
    html: str
    """The owner's own HTML, and the images that tags load."""
    injected: list[str]
    """Addresses of scripts that templates in use may load; `*` stands for any characters."""


def container_ids(page: Page) -> list[str]:
    """The ids of the containers a page loads, at most MAX_CONTAINERS, in order: from the loader's snippet,
    from script addresses, and from the snippet's noscript part."""
    texts = [url for url in page.scripts if "gtm.js" in url or "/gtag/js" in url]
    texts += [text for text in page.inline_scripts if "gtm.js" in text or "googletagmanagerId" in text]
    texts += [node.attributes.get("src") or "" for node in page.tree.css(_NOSCRIPT)]
    return list(dict.fromkeys(name for text in texts for name in _ID.findall(text)))[:MAX_CONTAINERS]


def container_url(name: str) -> str:
    """Where a container is fetched."""
    return f"https://www.googletagmanager.com/gtm.js?id={name}"


async def fetch_containers(names: Sequence[str], context: Context) -> list[str]:
    """The scripts of those containers that could be had in time; they are an extra, and their absence no error."""
    found = await asyncio.gather(*(_fetch(name, context) for name in names))
    return [script for script in found if script is not None]


async def _fetch(name: str, context: Context) -> str | None:
    try:
        async with asyncio.timeout(FETCH_TIME):
            answer = await context.fetcher.get(container_url(name), accept="*/*")
    except (FetchError, TimeoutError):
        return None
    if answer.status != 200:
        return None
    return await context.run(decode, answer.body, answer.header("content-type") or "")


def read_container(script: str) -> TagContainer | None:
    """The container in what `container_url` answers; None when the script is none."""
    start = _START.search(script[:_MAX_CHARS])
    if start is None:
        return None
    try:
        data, _ = json.JSONDecoder().raw_decode(script[:_MAX_CHARS], start.end())
        return _container(data)
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError):
        return None  # of a shape that Google does not send


def _container(data: dict[str, Any]) -> TagContainer:
    resource = data["resource"]
    macros = resource.get("macros") or []
    tags = [tag for tag in resource.get("tags") or [] if isinstance(tag.get("function"), str)]
    permissions = data.get("permissions") or {}
    html = "\n".join(_text(tag.get("vtp_html", ""), macros) for tag in tags if tag["function"] == "__html")
    pixels = [_text(tag.get("vtp_url", ""), macros) for tag in tags if tag["function"] == "__img"]
    kinds = dict.fromkeys(tag["function"] for tag in tags)
    return TagContainer(
        tags=[_line(tag, macros) for tag in tags],
        # How the tag manager writes scripts that it loads itself.
        html=html.replace(" data-gtmsrc=", " src=") + "".join(f'<img src="{escape(url)}">' for url in pixels),
        injected=[url for kind in kinds for url in _injected(permissions.get(kind) or {})],
    )


def _injected(permissions: dict[str, Any]) -> Iterator[str]:
    for url in (permissions.get("inject_script") or {}).get("urls") or []:
        if isinstance(url, str):
            yield url


def _line(tag: dict[str, Any], macros: list[Any]) -> str:
    names = sorted(key for key in tag if key.startswith("vtp_") and key != "vtp_html")
    settings = (f"{key[4:]}={_text(tag[key], macros)}"[:_MAX_SETTING] for key in names)
    return " ".join([tag["function"], *(" ".join(text.split()) for text in settings)])


def _text(value: Any, macros: list[Any]) -> str:
    """A setting as text: templates are joined, constants put in, everything else is left out."""
    match value:
        case str():
            return value
        case int() | float():
            return str(value).lower()
        case ["macro", int(number)]:
            macro = macros[number] if 0 <= number < len(macros) else {}
            return _text(macro.get("vtp_value", ""), []) if macro.get("function") == "__c" else ""
        case ["escape", inner, *_]:
            return _text(inner, macros)
        case ["template", *parts]:
            return "".join(_text(part, macros) for part in parts)
        case _:
            return ""
