"""What the HTTP services share: the app, its errors, its authentication, its server."""
