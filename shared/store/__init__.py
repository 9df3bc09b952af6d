"""The views in MongoDB. Everything here can be made again from the log, and only `driver` knows the driver."""

from shared.store.driver import StoreUnavailable
from shared.store.store import Store, open_store
from shared.store.views import JobView, PageKind, Views

__all__ = ["JobView", "PageKind", "Store", "StoreUnavailable", "Views", "open_store"]
