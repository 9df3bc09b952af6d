"""What can go wrong while a download is made."""

from __future__ import annotations


class ExportError(Exception):
    """The file cannot be made. Raised before the first byte where that is known, so that it can be answered;
    raised later it cuts the download short, never silently."""
