"""Which articles and revisions a subscription is alerted to."""
