"""Where the world's letters would go: mail servers on loopback with the manners of real ones, and who receives where.

They check what they are sent, and keep a ledger of it. Nobody's mail is ever delivered: a letter (DATA) is a violation.
"""
