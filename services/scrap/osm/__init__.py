"""OpenStreetMap, imported into one local, read-only file."""
