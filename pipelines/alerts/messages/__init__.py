"""What a message says: digest, notice, heartbeat, webhook payload."""
