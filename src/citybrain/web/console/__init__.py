"""The data console: contracts, exchange, rows set aside, revisions."""
