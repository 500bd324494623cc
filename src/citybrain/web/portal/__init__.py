"""Pages for the persons whom data is about: their own data and nothing of others."""
