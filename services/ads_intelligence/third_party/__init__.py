"""Hosts of vendors that vendors.toml does not know, after third-party-web."""
