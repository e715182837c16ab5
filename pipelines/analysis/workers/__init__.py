"""The processes that analyse pages, and their watchdog."""
