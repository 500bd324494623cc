"""Calls of services through the hub: granted, measured, protected and evidenced (Hangzhou art. 8, 13)."""
