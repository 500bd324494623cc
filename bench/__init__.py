"""Measurements, each as a ratio to a plain operation on the same machine in the same run."""
