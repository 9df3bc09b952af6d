"""What a register was asked is remembered with its date by all processes, and asked once at a time in each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from services.legal_data.company import Company, Register
from shared.net.answers import Answer, Answers
from shared.net.single_flight import SingleFlight

_FORM = 1
"""Changes with what a Company means, so that nobody reads what an older version kept."""


class Asked:
    """One register's questions. What is kept is the companies as they were read, never the register's whole answer:
    a day of birth is nowhere."""

    def __init__(self, register: Register, answers: Answers | None) -> None:
        self._api = f"{register}.{_FORM}"
        self._answers = answers
        self._flights: SingleFlight[list[Company]] = SingleFlight()

    async def companies(self, question: str, ask: Callable[[], Coroutine[Any, Any, list[Company]]]) -> list[Company]:
        """The answer to `question`, from memory or by `ask`. Raises what `ask` raises, and remembers no failure."""
        return await self._flights.run(question, lambda: self._answer(question, ask))

    async def _answer(self, question: str, ask: Callable[[], Coroutine[Any, Any, list[Company]]]) -> list[Company]:
        if self._answers is not None:
            kept = await self._answers.get(self._api, question)
            if kept is not None and (companies := _read(kept)) is not None:
                return companies
        found = await ask()
        body = msgspec.to_builtins(found)
        answer = Answer.now(body) if self._answers is None else await self._answers.put(self._api, question, body)
        return _dated(found, answer.at)


def _read(kept: Answer) -> list[Company] | None:
    """None for what another version kept."""
    try:
        return _dated(msgspec.convert(kept.body, list[Company]), kept.at)
    except msgspec.ValidationError:
        return None


def _dated(companies: list[Company], at: str) -> list[Company]:
    return [msgspec.structs.replace(company, asked_at=at) for company in companies]
