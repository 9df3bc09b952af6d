"""phones_extra on its golden cases, on hostile pages and on large ones."""

from services.phones_extra import extract
from tests.unit.legal.extracting import Extracting


class TestPhonesExtra(Extracting):
    slug = "phones_extra"
    extract = staticmethod(extract.extract)
