"""The web edge: API and pages; asynchronous here, synchronous below."""
