"""The front for those who run the hub and those who provide data: contracts, batches, rows set aside."""
