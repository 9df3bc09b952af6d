"""The module brand_assets: logo, favicon, colours and, where it is asked for, a screenshot of a site."""
