"""Languages of the interface, and the sentences of each in locales/."""
