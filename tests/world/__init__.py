"""A scripted local internet: the small businesses of an invented French town, by host name.

Real servers over real sockets: HTTP, HTTPS with a certificate authority of its own, and DNS. Every
host ends in `.test`, so nothing that exists is ever asked. It serves tests, the demo and benchmarks.
"""
