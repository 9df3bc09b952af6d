"""Crawlee over the same addresses; runs in its own environment and imports nothing of ours.

    python crawl_crawlee.py httpx|impit plain|links CONCURRENCY WARM_UP.txt URLS.txt

Prints one line of JSON: pages, seconds and CPU seconds of the second list. As fast as it comes: requests in memory,
a fixed concurrency, no sessions, no robots.txt. The handler is that of its documentation's example: each page is
parsed, its title and links are read and kept in memory. `plain` takes the links as they stand in the page, the
cheapest way there is; `links` by crawlee's own function, which resolves them, strikes out duplicates and makes a
request of each, as the example's `enqueue_links` does before it enqueues them.
"""

import asyncio
import json
import logging
import resource
import sys
import time
from pathlib import Path

from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.http_clients import HttpxHttpClient, ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient

_CLIENTS = {"httpx": HttpxHttpClient, "impit": ImpitHttpClient}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _crawl(client: str, reads: str, concurrency: int, urls: list[str]) -> int:
    pages = 0
    crawler = ParselCrawler(
        http_client=_CLIENTS[client](),
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=concurrency, desired_concurrency=concurrency, max_concurrency=concurrency
        ),
        use_session_pool=False,
        max_request_retries=1,
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def _read(context: ParselCrawlingContext) -> None:
        nonlocal pages
        title = context.selector.css("title::text").get()
        if reads == "links":
            links = [request.url for request in await context.extract_links()]
        else:
            links = context.selector.css("a::attr(href)").getall()
        await context.push_data({"url": context.request.url, "title": title, "links": links})
        pages += bool(title and links)

    await crawler.run(urls)
    return pages


async def _main(client: str, reads: str, concurrency: str, warm_up: str, urls: str) -> None:
    logging.disable(logging.WARNING)
    await _crawl(client, reads, int(concurrency), Path(warm_up).read_text().split())
    wanted = Path(urls).read_text().split()
    begun, cpu = time.perf_counter(), _cpu()
    pages = await _crawl(client, reads, int(concurrency), wanted)
    print(json.dumps({"pages": pages, "seconds": time.perf_counter() - begun, "cpu": _cpu() - cpu}))


asyncio.run(_main(*sys.argv[1:]))
