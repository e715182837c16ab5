"""Newsletters in a mailbox as a source: messages of named senders -> addresses of the outlet's articles."""
