"""The channels of a message: mail, webhook, Atom feed, log file, Apprise."""
