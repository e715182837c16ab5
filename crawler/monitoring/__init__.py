"""What is wrong with the desk now, and how each outlet is doing."""
