"""An engine that remembers: what was measured within the time of the answer cache is not measured again."""

from __future__ import annotations

import msgspec

from services.pagespeed.engine import Engine
from services.pagespeed.measurement import Measurement, Strategy
from shared.net.answers import Answer, Answers

_FORM = 1
"""Goes up when `Measurement` changes, or what its values mean."""


class Recall:
    """Asks the cache, then the engine. Failures are not kept: they cost little, and often pass."""

    def __init__(self, engine: Engine, answers: Answers | None) -> None:
        self.engine = engine
        self._answers = answers
        self._api = f"pagespeed.{engine.name}.{_FORM}"

    async def measure(self, url: str, strategy: Strategy) -> Measurement:
        """The measurement, not older than the cache keeps answers. Raises like Engine.measure."""
        if self._answers is None:
            return await self.engine.measure(url, strategy)
        key = f"{strategy} {url}"
        if (known := _read(await self._answers.get(self._api, key))) is not None:
            return known
        measured = await self.engine.measure(url, strategy)
        await self._answers.put(self._api, key, msgspec.to_builtins(measured))
        return measured


def _read(answer: Answer | None) -> Measurement | None:
    try:
        return msgspec.convert(answer.body, Measurement) if answer is not None else None
    except msgspec.ValidationError:
        return None
