"""What signs webhooks and addresses of feeds, and who unsubscribed."""
