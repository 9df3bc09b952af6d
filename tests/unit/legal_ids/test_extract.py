"""legal_ids on its golden cases, on hostile pages and on large ones."""

from services.legal_ids import extract
from tests.unit.legal.extracting import Extracting


class TestLegalIds(Extracting):
    slug = "legal_ids"
    extract = staticmethod(extract.extract)
