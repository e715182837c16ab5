"""How a message leaves: mail, webhook, Atom feed, log file, Apprise."""
