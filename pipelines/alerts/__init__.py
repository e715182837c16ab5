"""From records to messages: matching, digests, delivery."""
