"""Commands that Scrapy's own `scrapy` finds here (setting COMMANDS_MODULE)."""
