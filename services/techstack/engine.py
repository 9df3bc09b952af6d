"""The matcher: which rules match a page. Prefilters name candidates; `re` and selectors decide."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from selectolax.lexbor import LexborHTMLParser

from services.techstack.evidence import Hit, Matches, PageEvidence
from services.techstack.prefilter import Needle, Prefilter
from services.techstack.quoted import SCRIPTS_APART, Quoted, comments, raw_text
from services.techstack.rules import Probe, RuleBook, Where, default_rules
from services.techstack.selectors import opening_tag, selector_literals

MAX_HTML_BYTES = 2 * 1024 * 1024
"""What identifies a site stands in its first kilobytes; pages beyond this are data."""
MAX_INLINE_BYTES = 1024 * 1024
MAX_TEXT_BYTES = 512 * 1024
MAX_SCRIPT_URLS = 400
MAX_VALUE_CHARS = 4096
"""Of one URL, header, cookie or meta value."""
MAX_VALUES = 100
"""Of one header or meta; a server may send thousands."""
MAX_ELEMENTS = 50
"""Elements of one selector whose text or attribute is tried."""
MATCHED_CHARS = 200

TIME_LIMIT = 2.0
"""Seconds of the thread's own CPU time for one page, so that a busy machine changes no answer. An ordinary
page takes a thousandth of it. Looked at before each probe; one probe is linear in a capped text."""

_MANY_PROBES = 16
"""Of one name; fewer are tried sooner than they are prefiltered."""

_TEXTS: tuple[Where, ...] = ("url", "script_url", "inline_script", "text", "gtm_tag")

MakePrefilter = Callable[[Sequence[Needle]], Prefilter]
"""A prefilter's class, or what makes one of a database compiled earlier."""

_DATA_BLOCK = re.compile(r"""\s*(?:\{\s*["}]|\[\s*["\[{]).*[}\]]\s*\Z""", re.DOTALL)
"""JSON within a script element. An article's text in JSON-LD may quote any vendor's snippet."""


class _OutOfTimeError(Exception):
    """The page has had its share; what was found so far is reported as incomplete."""


class _Channel:
    """The probes of one kind of text, behind one prefilter."""

    def __init__(self, probes: Sequence[Probe], prefilter: MakePrefilter) -> None:
        self._probes = probes
        self._prefilter = prefilter([_needle(probe) for probe in probes])

    def __bool__(self) -> bool:
        return bool(self._probes)

    def candidates(self, data: bytes) -> list[Probe]:
        """In the order of the rules, whatever order the prefilter reports in."""
        return [self._probes[i] for i in sorted(self._prefilter.candidates(data))]


class Matcher:
    """Holds compiled rules; one per process serves all threads."""

    def __init__(self, rules: RuleBook, prefilter: MakePrefilter) -> None:
        self.rules = rules
        probes = [probe for technology in rules.technologies.values() for probe in technology.probes]
        self._order = {id(probe): position for position, probe in enumerate(probes)}
        self._channels = {where: _Channel([p for p in probes if p.where == where], prefilter) for where in _TEXTS}
        # Selectors share the pass over the HTML: they are tried when one of their words occurs in it.
        self._html = _Channel([p for p in probes if p.where in ("html", "dom")], prefilter)
        self._named = _Named(probes, prefilter)

    def match(self, page: PageEvidence, *, time_limit: float = TIME_LIMIT) -> Matches:
        """All hits on the page. Pure; CPU-bound, so call it in a thread."""
        found: dict[int, Hit] = {}
        ends = time.thread_time() + time_limit
        try:
            for probe, hit in self._hits(page, ends):
                place = self._order[id(probe)]
                if place not in found or (hit.version and not found[place].version):
                    found[place] = hit
        except _OutOfTimeError:
            return Matches(_in_order(found), complete=False)
        return Matches(_in_order(found), complete=True)

    def _hits(self, page: PageEvidence, ends: float) -> Iterator[tuple[Probe, Hit]]:
        for probe, values in self._named.candidates(page):
            yield from _confirm(probe, values, ends)
        for where, channel in self._channels.items():
            for text in _texts(page, where) if channel else ():
                quoted = Quoted(text, comments) if where == "inline_script" else None
                for probe in channel.candidates(text):
                    yield from _confirm(probe, [text], ends, quoted)
        html = _encode(page.html)[:MAX_HTML_BYTES]
        quoted = Quoted(html, raw_text)
        tree: LexborHTMLParser | None = None
        for probe in self._html.candidates(html):
            if probe.where == "html":
                yield from _confirm(probe, [html], ends, quoted)
                continue
            tree = tree or page.tree()
            yield from _confirm(probe, _element_values(tree, probe), ends)


class _Named:
    """Probes of headers, cookies and metas, found by name."""

    def __init__(self, probes: Iterable[Probe], prefilter: MakePrefilter) -> None:
        exact: dict[tuple[Where, str], list[Probe]] = {}
        self._prefixes: list[tuple[str, Probe]] = []
        for probe in probes:
            if probe.where == "cookie" and probe.key.endswith("*"):
                self._prefixes.append((probe.key[:-1].lower(), probe))
            elif probe.where in ("header", "cookie", "meta"):
                exact.setdefault((probe.where, probe.key.lower()), []).append(probe)
        self._exact = {name: _Field(found, prefilter) for name, found in exact.items()}

    def candidates(self, page: PageEvidence) -> Iterator[tuple[Probe, list[bytes]]]:
        cookies = {name: [value] for name, value in page.cookies.items()}
        named: tuple[tuple[Where, dict[str, list[str]]], ...] = (
            ("header", page.headers),
            ("cookie", cookies),
            ("meta", page.meta),
        )
        for where, fields in named:
            for name, values in fields.items():
                encoded = [_encode(value[:MAX_VALUE_CHARS]) for value in values[:MAX_VALUES]]
                if field := self._exact.get((where, name.lower())):
                    for probe in field.candidates(encoded):
                        yield probe, encoded
                if where == "cookie":
                    for prefix, probe in self._prefixes:
                        if name.lower().startswith(prefix):
                            yield probe, encoded


class _Field:
    """The probes of one name. Half of all products would be known by `server` or `generator`: where there are
    many, a prefilter of their own spares trying each."""

    def __init__(self, probes: Sequence[Probe], prefilter: MakePrefilter) -> None:
        many = [probe for probe in probes if probe.pattern.literals]
        self._many = _Channel(many, prefilter) if len(many) >= _MANY_PROBES else None
        self._few = [probe for probe in probes if not probe.pattern.literals] if self._many else list(probes)

    def candidates(self, values: Sequence[bytes]) -> list[Probe]:
        if self._many is None:
            return self._few
        found = {id(probe): probe for value in values for probe in self._many.candidates(value)}
        return [*self._few, *found.values()]


def _texts(page: PageEvidence, where: Where) -> list[bytes]:
    """What a channel scans. Script URLs and tags stand alone, so that anchors mean their ends; inline
    scripts without data blocks are one text."""
    match where:
        case "url":
            return [_encode(page.url[:MAX_VALUE_CHARS])]
        case "script_url":
            return [_encode(url[:MAX_VALUE_CHARS]) for url in list(dict.fromkeys(page.scripts))[:MAX_SCRIPT_URLS]]
        case "inline_script":
            inline = SCRIPTS_APART.join(text for text in page.inline_scripts if not _DATA_BLOCK.match(text))
            return [_encode(inline)[:MAX_INLINE_BYTES]]
        case "text":
            return [_encode(page.text())[:MAX_TEXT_BYTES]]
        case _:
            return [_encode(tag[:MAX_VALUE_CHARS]) for tag in page.tags]


def _confirm(
    probe: Probe, values: Iterable[bytes], ends: float, quoted: Quoted | None = None
) -> Iterator[tuple[Probe, Hit]]:
    if time.thread_time() > ends:
        raise _OutOfTimeError
    for value in values:
        match = _first_run(probe.pattern.compiled, value, quoted)
        if match:
            yield (
                probe,
                Hit(
                    slug=probe.slug,
                    where=probe.where,
                    key=probe.key,
                    pattern=probe.pattern.source,
                    matched=_snippet(probe, value, match),
                    version=probe.pattern.version_of(match),
                    confidence=probe.pattern.confidence,
                ),
            )


def _first_run(pattern: re.Pattern[bytes], value: bytes, quoted: Quoted | None) -> re.Match[bytes] | None:
    """The first match that is no quotation. In HTML only markup can be quoted: a pattern for what scripts
    write may be tried on the page's text as well."""
    if quoted is None:
        return pattern.search(value)
    in_markup = quoted.find is raw_text
    for match in pattern.finditer(value):
        if (in_markup and not match[0].startswith(b"<")) or not quoted.holds(match.start()):
            return match
    return None


def _snippet(probe: Probe, value: bytes, match: re.Match[bytes]) -> str:
    """The URL or value a reader can check; of a long text only what matched."""
    shown = match[0] if probe.where in ("html", "inline_script", "text") else value
    return shown.decode("utf-8", "replace")[:MATCHED_CHARS]


def _element_values(tree: LexborHTMLParser, probe: Probe) -> Iterator[bytes]:
    if not probe.pattern.regex:
        first = tree.css_first(probe.key)
        if first is not None:
            yield _encode(opening_tag(first))
        return
    for node in tree.css(probe.key)[:MAX_ELEMENTS]:
        value = node.text() if probe.attribute is None else node.attributes.get(probe.attribute)
        if value is not None:
            yield _encode(value[:MAX_VALUE_CHARS])


def _needle(probe: Probe) -> Needle:
    if probe.where != "dom":
        return Needle(probe.pattern.regex, probe.pattern.literals)
    literals = selector_literals(probe.key)
    return Needle("|".join(re.escape(word.decode()) for word in sorted(literals)), literals)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _in_order(found: dict[int, Hit]) -> tuple[Hit, ...]:
    return tuple(found[place] for place in sorted(found))


_building = threading.Lock()


def default_matcher() -> Matcher:
    """The process's matcher over the rules that come with the product, built by whoever asks first."""
    with _building:
        return _built()


@cache
def _built() -> Matcher:
    return Matcher(default_rules(), fastest_prefilter())


def fastest_prefilter() -> type[Prefilter]:
    """Hyperscan where its library can be loaded, else Aho-Corasick: slower to search, with the same answer."""
    try:
        from services.techstack.hyperscan_filter import HyperscanFilter
    except ImportError:
        from services.techstack.fallback import LiteralFilter

        return LiteralFilter
    return HyperscanFilter
