"""Run a desk with `vigia up`: crawls, reading room, schedule, alerts and housekeeping."""
