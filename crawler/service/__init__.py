"""`vigia up`: one process, its scheduler, its housekeeping."""
