"""Scrapy's spiders: one for every outlet."""
