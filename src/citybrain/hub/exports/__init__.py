"""File exports: granted rows as one file, kept for some days, fetched under the grant alone (Hangzhou art. 8, 13)."""
