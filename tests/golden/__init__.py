"""Pages written by hand, with what must be found on them."""
