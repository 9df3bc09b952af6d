"""The MongoDB driver behind a surface of ten calls: the only file that imports it.

motor is past its end of life; its successor is PyMongo's own async client. Whoever swaps them rewrites this file.
Documents are plain dicts, binary values are bytes, and every failure of the server is `StoreUnavailable`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern

T = TypeVar("T")
Document = dict[str, Any]

_DUPLICATE_KEY = 11000
_FAIL_FAST = 0.5
"""Seconds after a failure in which nothing is asked: each waiting call would hold one of the driver's few threads."""


class StoreUnavailable(Exception):
    """MongoDB does not answer, or refuses. Worth retrying; nothing but views is at stake."""


class Driver:
    """A connection to one server or replica set. `timeout`, in seconds, bounds the wait for a server and an answer."""

    def __init__(self, url: str, *, timeout: float, fail_fast: bool) -> None:
        self._client = AsyncIOMotorClient(
            url,
            appname="outsend",
            serverSelectionTimeoutMS=int(min(timeout, 2.0) * 1000),
            connectTimeoutMS=int(min(timeout, 2.0) * 1000),
            socketTimeoutMS=int(timeout * 1000),
            waitQueueTimeoutMS=int(timeout * 1000),
            heartbeatFrequencyMS=2000,
            retryWrites=True,
            tz_aware=True,
        )
        self._fail_fast = _FAIL_FAST if fail_fast else 0.0
        self._silent_until = 0.0

    def collection(self, database: str, name: str) -> Collection:
        """A collection; it needs no creation."""
        options = self._client.get_database(
            database,
            # A view that a crash of the server could take back would stay wrong behind its checkpoint.
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )
        return Collection(self, options.get_collection(name))

    async def databases(self) -> list[str]:
        """The names of all databases."""
        return await self.ask(self._client.list_database_names())

    async def drop(self, database: str) -> None:
        """Remove a database."""
        await self.ask(self._client.drop_database(database))

    async def ping(self) -> None:
        """Whether the server answers. Raises StoreUnavailable."""
        await self.ask(self._client.admin.command("ping"))

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    async def ask(self, call: Awaitable[T]) -> T:
        """Await a call of the driver. Raises StoreUnavailable; duplicates of a key pass through as they are."""
        if time.monotonic() < self._silent_until:
            _discard(call)
            raise StoreUnavailable("MongoDB did not answer a moment ago")
        try:
            return await call
        except (BulkWriteError, DuplicateKeyError):
            raise
        except PyMongoError as error:
            self._silent_until = time.monotonic() + self._fail_fast
            raise StoreUnavailable(f"MongoDB does not answer: {type(error).__name__}: {str(error)[:200]}") from None


class Collection:
    """Reads and writes of one collection. Every method raises StoreUnavailable."""

    def __init__(self, driver: Driver, collection: AsyncIOMotorCollection) -> None:
        self._ask = driver.ask
        self._collection = collection

    async def index(self, *fields: str, sparse: bool = False) -> None:
        """Have an ascending index over the fields."""
        await self._ask(self._collection.create_index([(field, 1) for field in fields], sparse=sparse))

    async def get(self, key: str) -> Document | None:
        """The document with this `_id`."""
        return await self._ask(self._collection.find_one({"_id": key}))

    async def find(self, query: Document, *, only: Sequence[str] | None = None) -> list[Document]:
        """The documents that match, in no order, whole or with some fields `only`."""
        cursor = self._collection.find(query, dict.fromkeys(only, 1) if only else None)
        return await self._ask(cursor.to_list(None))

    async def put(self, document: Document) -> None:
        """Write a document over whatever has its `_id`."""
        await self._ask(self._collection.replace_one({"_id": document["_id"]}, document, upsert=True))

    async def insert(self, document: Document) -> bool:
        """Write a document unless its `_id` is taken; tells whether it did."""
        try:
            await self._ask(self._collection.insert_one(document))
        except DuplicateKeyError:
            return False
        return True

    async def advance_all(self, changes: Sequence[tuple[str, int, Document]]) -> None:
        """Apply updates `(_id, seq, update)` to documents whose `seq` is lower, or that do not exist yet."""
        writes = [UpdateOne({"_id": key, "seq": {"$lt": seq}}, update, upsert=True) for key, seq, update in changes]
        if not writes:
            return
        try:
            await self._ask(self._collection.bulk_write(writes, ordered=False))
        except BulkWriteError as error:
            # A document that is further already makes the upsert insert a second one, which is refused.
            failures = [failure["code"] for failure in (error.details or {}).get("writeErrors", [])]
            if not failures or any(code != _DUPLICATE_KEY for code in failures):
                raise StoreUnavailable(f"MongoDB refused a write: {str(error)[:200]}") from None

    async def change(self, query: Document, update: Document) -> bool:
        """Update the one document that matches; tells whether there was one."""
        result = await self._ask(self._collection.update_one(query, update))
        return bool(result.matched_count)

    async def delete(self, query: Document) -> None:
        """Remove the documents that match."""
        await self._ask(self._collection.delete_many(query))


def _discard(call: Awaitable[Any]) -> None:
    for end in ("cancel", "close"):
        if hasattr(call, end):
            getattr(call, end)()
            return
