"""The exchange: the log of admitted batches, the lake they grow into, and both read as one."""
