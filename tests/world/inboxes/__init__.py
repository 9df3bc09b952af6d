"""Mailboxes on loopback behind a strict IMAP server, Gmail's extension included: letters arrive as scripted.

The server takes nothing on trust: what is not exactly IMAP, or more than a reader needs, is a violation in its ledger.
"""
