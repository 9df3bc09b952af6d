"""The only place that opens outward sockets: egress guard, fetcher, robots, politeness, page cache."""
