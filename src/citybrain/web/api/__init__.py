"""The API that systems and programs use."""
