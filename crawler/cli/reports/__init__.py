"""Commands that write what is handed on."""
