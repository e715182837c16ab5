"""The two sets of migrations, one for each database."""

from __future__ import annotations

from sqlite_utils import Migrations

news = Migrations("news")
desk = Migrations("desk")
