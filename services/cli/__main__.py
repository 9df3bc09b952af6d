"""`python -m services.cli`: the same as `outsend`."""

from services.cli.app import main

main()
