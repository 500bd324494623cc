"""Golden cities, fed with real files."""
