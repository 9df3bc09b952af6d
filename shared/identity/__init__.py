"""Who may do what: accounts, passwords, sessions, API keys, throttles. Truth lies in NATS KV alone."""
