"""A parsed page, its text, its links and its structured data: what site modules share."""
