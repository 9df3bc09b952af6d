"""A scripted France of businesses, and the servers that know it: OpenStreetMap, Overpass, Google Places, Sirene."""
