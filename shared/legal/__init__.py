"""Reading legal notices: what the modules about a site's publisher have in common."""
