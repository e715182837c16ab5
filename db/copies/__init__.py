"""When two texts are copies of one another: fingerprints to find candidates, similarity to decide. Pure."""
