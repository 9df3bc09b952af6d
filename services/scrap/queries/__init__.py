"""What a query in French means: OpenStreetMap tags and NAF codes."""
