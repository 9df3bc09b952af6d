"""techstack and Wappalyzer on the same pages: of real software, generated ones, and look-alikes. Before them the other
modules that read a site, on their golden cases.

Run: python -m tests.accuracy.techstack [--write] [--peer]. With --write the sections of docs/accuracy.md are made anew.
On generated pages the peer's stored answers count, and it is asked only where one is missing or the page has changed;
with --peer about all of them, which takes minutes. Exits with 1 when a difference has no explanation. The last line is
`RESULT accuracy-techstack <recall> recall`, on real software.
"""

from __future__ import annotations

import sys

from tests.accuracy.corpus_section import ask_peer, corpus_section
from tests.accuracy.detectors import peer_vocabulary
from tests.accuracy.legal_data_section import legal_data_section
from tests.accuracy.modules_section import modules_section
from tests.accuracy.real_section import our_tally, real_section


def main(*, write: bool, peer: bool) -> int:
    ask_peer(everything=peer)
    known = peer_vocabulary()
    sections = [modules_section(), legal_data_section(), real_section(known), corpus_section(known)]
    for section in sections:
        print("\n".join(section.lines))
        if write:
            section.write()
    unexplained = sum(section.unexplained for section in sections)
    print(f"{unexplained} differences without an explanation")
    print(f"RESULT accuracy-techstack {our_tally().recall:.3f} recall")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main(write="--write" in sys.argv[1:], peer="--peer" in sys.argv[1:]))
