"""What a figure of a text measures, of what and in what scope: measures as data (topics/measures.toml), pure."""
