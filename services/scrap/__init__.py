"""scrap: one (tile, query) in, the places found there out."""
