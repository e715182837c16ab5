"""The Google Reader API, by which readers' apps read a desk, and the page on which readers make the apps' keys."""
