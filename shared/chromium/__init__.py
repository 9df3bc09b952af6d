"""A Chromium on strangers' pages: kept within bounds, and let out through a proxy with the rules of shared/net."""
