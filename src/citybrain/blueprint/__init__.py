"""City-as-code: read a folder, compare it with the running city, plan, apply."""
