"""Builds `shared/geography/france.bin` from its public sources: `make geography`. Nothing here runs in the product."""
