"""reviews: one place in, a row for each of its reviews out."""
