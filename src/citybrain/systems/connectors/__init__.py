"""Connectors: files and services of departments, read as declared and never guessed at."""
