"""legal_mentions on its golden cases, on hostile pages and on large ones."""

from services.legal_mentions import extract
from tests.unit.legal.extracting import Extracting


class TestLegalMentions(Extracting):
    slug = "legal_mentions"
    extract = staticmethod(extract.extract)
