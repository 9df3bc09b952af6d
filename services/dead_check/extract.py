"""dead_check: one site in, whether it is open, closed or uncertain out."""

from __future__ import annotations

from contextlib import aclosing

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.dead_check.judge import appraise, columns
from services.dead_check.look import Verdict, Visit
from services.dead_check.visit import visits
from shared.modulekit.errors import Permanent, Retryable
from shared.modulekit.module import ATTEMPT, Context, Result
from shared.net.site import normalize_site

_SHARE_OF_TIME = 0.8
"""Of an attempt's time for asking: what was seen by then is judged, the item does not fail."""


async def process(item: ItemRequested, context: Context) -> Result:
    """Look at the site anew, never at a remembered page. A site that cannot be had is an answer and no error.

    Raises Permanent `invalid_url`, and Retryable `second_look` on every attempt but the last for a site that is
    not open: after as long as a page may take, what was starting anew is back.
    """
    site = normalize_site(read_key(item.item, "site_web"))
    if site is None:
        raise Permanent("invalid_url", "The value is neither a URL nor a host name.")
    appraised: list[tuple[Visit, Verdict]] = []
    async with aclosing(visits(context.fetcher, site, context.spec.timeout * _SHARE_OF_TIME)) as seen:
        async for visit in seen:
            verdict = await context.run(appraise, visit)
            appraised.append((visit.without_body(), verdict))
            if verdict.state == "open":
                break
    found = columns(appraised)
    if found["site_alive"] != "open" and ATTEMPT.get() < context.spec.attempts:
        raise Retryable("second_look", "The site is looked at once more.", retry_after=context.settings.fetch_timeout)
    return Result(columns=found)
