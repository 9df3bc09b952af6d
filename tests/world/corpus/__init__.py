"""Saved pages in the style of the real web, each with the technologies that were put in: see `generator`."""

from tests.world.corpus.generator import corpus
from tests.world.corpus.page import SavedPage

__all__ = ["SavedPage", "corpus"]
