"""Finds and fetches pages, and runs the desk."""

from pipelines.numpy_threads import limit_numpy_threads

limit_numpy_threads()  # here, because nothing of a desk imports numpy before
