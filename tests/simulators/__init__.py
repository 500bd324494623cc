"""Simulators of department systems."""
