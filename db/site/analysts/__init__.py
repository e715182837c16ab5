"""Who reads a desk's pages, and the forms by which readers write."""
