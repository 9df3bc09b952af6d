"""`python -m tests.world.places FILE.osm.pbf [COUNT]`: an invented France as an extract, for `outsend import-osm`."""

import sys
from pathlib import Path

from tests.world.places.town import france, write_pbf

if __name__ == "__main__":
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    print(f"{write_pbf(Path(sys.argv[1]), france(1, count))} businesses in {sys.argv[1]}")
