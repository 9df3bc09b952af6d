"""legal_data against a register that takes 7 requests a second and bans who sends more.

`python -m tests.bench.legal [ITEMS] [ALLOWED]`: a list of invented companies (default: 3000) through the whole product
with two workers, each company a question to the register. The limit is that of any one second, told by when requests
arrive; one request too many and nobody is answered any more. The goal: no ban, and at least 95 % of the allowed rate
from POST to the end of the job. Then the same list again, which must ask nothing.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from typing import Any

from shared.messaging.cancelling import cancel
from shared.settings import Settings
from tests.bench.running import Stopwatch, machine, percentile, post, result, running, until_done
from tests.world.registers.bodacc import Bodacc
from tests.world.registers.recherche_entreprises import RechercheEntreprises
from tests.world.registers.register import Firm, register

_ALLOWED = 7
"""Requests a second, as the real one documents."""
_WORKERS = 2


def _lead(firm: Firm) -> dict[str, str]:
    return {"nom": firm.names[0], "siren": firm.siren, "code_postal": firm.seat.postcode}


async def _job(client: Any, leads: list[dict[str, str]], expected: int) -> float:
    """Seconds from POST to the end. Raises RuntimeError when rows lack what the register knows."""
    watch = Stopwatch()
    job = await post(client, leads, "legal-data")
    public = await until_done(client, job["id"])
    seconds = watch.seconds
    if public["results_count"] != expected:
        raise RuntimeError(f"{public['results_count']} of {expected} companies were found")
    return seconds


async def _unbanned(api: RechercheEntreprises, job: Coroutine[Any, Any, float]) -> float:
    """The job's seconds. Raises RuntimeError as soon as the register has banned us."""
    working = asyncio.create_task(job)
    while not working.done():
        await asyncio.wait([working], timeout=0.5)
        if api.banned:
            await cancel([working])
            last = [f"{request.at - api.excesses[0]:+.3f}" for request in api.requests if request.at <= api.excesses[0]]
            raise RuntimeError(f"banned after {len(last)} requests; the last ones came at {', '.join(last[-9:])} s")
    return working.result()


async def _run(count: int, allowed: int) -> None:
    firms = register(count)[-count:]
    leads = [_lead(firm) for firm in firms]
    rate = Settings().recherche_entreprises_rate * allowed / _ALLOWED
    async with RechercheEntreprises(firms, limit=allowed).serve() as api, Bodacc(firms).serve() as notices:
        async with running(
            replicas={"worker": _WORKERS},
            recherche_entreprises_url=api.url,
            recherche_entreprises_rate=rate,
            bodacc_url=f"{notices.url}/api/explore/v2.1",
        ) as (_, client):
            seconds = await _unbanned(api, _job(client, leads, count))
            asked = [request.at for request in api.requests]
            again = await _job(client, leads, count)
        if len(api.requests) != len(asked):
            raise RuntimeError(f"the second job asked {len(api.requests) - len(asked)} times")
        # How much closer than planned the first and the last of `allowed` + 1 came: what the network has left.
        spans = [last - first for first, last in zip(asked, asked[allowed:], strict=False)]
    print(f"{len(asked)} requests in {asked[-1] - asked[0]:.1f} s, at most {api.busiest()} in any second")
    print(f"{allowed + 1} in a row took at least {min(spans):.3f} s, p1 {percentile(spans, 0.01):.3f} s")
    print(f"{len(notices.requests)} requests to the BODACC; the list again, from memory: {again:.1f} s")
    print(f"{count} companies in {seconds:.1f} s; the limit alone asks for {count / allowed:.1f} s")
    result("legal", count / allowed / seconds, "of the allowed rate")


def main() -> None:
    """Print the figures; the last line is the share of the allowed rate that was used."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    allowed = int(sys.argv[2]) if len(sys.argv) > 2 else _ALLOWED
    print(f"{count} companies, {allowed} requests a second allowed; {machine()}; {time.strftime('%Y-%m-%d')}")
    asyncio.run(_run(count, allowed))


if __name__ == "__main__":
    main()
