"""Compiled rules on disk: whoever starts first compiles, everybody else reads.

One file holds the rule book and its Hyperscan databases, under a name made of everything that went into
it: the rule files, an extra set's files, this package's code, the scanner's version and the processor.
A file that is damaged, or that the scanner does not accept, is made anew.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import structlog

from services.techstack.engine import Matcher, fastest_prefilter
from services.techstack.extra import Skipped, extend, files_of
from services.techstack.prefilter import Needle, Prefilter
from services.techstack.rules import RULES, RuleBook, RuleError, load_rules

_log = structlog.get_logger(__name__)

_DIGEST = hashlib.sha256().digest_size
_KEPT = 4
"""Files of earlier rules that stay: two releases may share a disk while one replaces the other."""


class _Stored(msgspec.Struct, frozen=True):
    rules: RuleBook
    databases: dict[str, bytes]
    """By the fingerprint of their needles."""
    added: int = 0
    skipped: Skipped = Skipped()


class _Databases:
    """Makes prefilters of stored databases, and keeps what it had to compile for storing."""

    def __init__(self, stored: dict[str, bytes]) -> None:
        self.compiled: dict[str, bytes] = {}
        self._stored = stored

    def __call__(self, needles: Sequence[Needle]) -> Prefilter:
        make = fastest_prefilter()
        if make.__name__ != "HyperscanFilter":
            return make(needles)  # Aho-Corasick is built in milliseconds
        from services.techstack.hyperscan_filter import HyperscanFilter, fingerprint

        name = fingerprint(needles)
        prefilter = HyperscanFilter(needles, self._stored.get(name))
        if name not in self._stored and (dumped := prefilter.dump()) is not None:
            self.compiled[name] = dumped
        return prefilter


_matchers: dict[tuple[Path, str], Matcher] = {}
_building = threading.Lock()


def stored_matcher(folder: Path, extra: str = "") -> Matcher:
    """The process's matcher over our rules and, when `extra` names one, a further set. Thread-safe; the
    first call of a process reads `folder`, and compiles for seconds when nothing usable is there: call it
    in a thread. A set that cannot be read is logged, and our own rules serve."""
    with _building:
        key = (folder, extra)
        if key not in _matchers:
            _matchers[key] = _matcher(folder, Path(extra) if extra else None)
        return _matchers[key]


def _matcher(folder: Path, extra: Path | None) -> Matcher:
    try:
        path = folder / f"rules-{_key(extra)}.bin"
        matcher, stored = _read(path) or _build(path, extra)
    except RuleError as error:
        if extra is None:
            raise
        _log.error("extra technology rules cannot be used", path=str(extra), reason=str(error))
        return _matcher(folder, None)
    if extra is not None:
        _log.info(
            "extra technology rules are in use",
            path=str(extra),
            added=stored.added,
            known=stored.skipped.known,
            skipped_entries=stored.skipped.entries,
            skipped_patterns=stored.skipped.patterns,
        )
    return matcher


def _key(extra: Path | None) -> str:
    """Everything a compiled file depends on, in 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for text in (sys.version, platform.machine(), platform.processor(), fastest_prefilter().__name__, _scanner()):
        digest.update(text.encode() + b"\0")
    package = Path(__file__).parent
    for file in [*sorted(package.glob("*.py")), *sorted(RULES.glob("*.toml")), *(files_of(extra) if extra else ())]:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _scanner() -> str:
    try:
        from services.techstack.hyperscan_filter import VERSION
    except ImportError:
        return ""
    return VERSION


def _read(path: Path) -> tuple[Matcher, _Stored] | None:
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as view,
            view[_DIGEST:] as payload,
        ):
            if hashlib.sha256(payload).digest() != bytes(view[:_DIGEST]):
                raise ValueError("the checksum does not fit")
            stored = msgspec.msgpack.decode(payload, type=_Stored)
        return Matcher(stored.rules, _Databases(stored.databases)), stored
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:  # whatever is wrong with the file, compiling anew is the cure
        _log.warning("compiled technology rules are damaged and made anew", path=str(path), reason=str(error))
        return None


def _build(path: Path, extra: Path | None) -> tuple[Matcher, _Stored]:
    ours = load_rules()
    extended = extend(ours, extra) if extra else None
    databases = _Databases({})
    matcher = Matcher(extended.rules if extended else ours, databases)
    stored = _Stored(
        matcher.rules,
        databases.compiled,
        extended.added if extended else 0,
        extended.skipped if extended else Skipped(),
    )
    try:
        _write(path, msgspec.msgpack.encode(stored))
    except OSError as error:
        _log.info("compiled technology rules cannot be kept", path=str(path), reason=str(error))
    return matcher, stored


def _write(path: Path, payload: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".rules-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(payload).digest())
            file.write(payload)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _forget(sorted(path.parent.glob("rules-*.bin"), key=_age, reverse=True)[_KEPT:])


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _forget(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
