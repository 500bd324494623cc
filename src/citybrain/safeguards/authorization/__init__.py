"""Authorization: may this body use this thing now, for this purpose, which fields and which rows (Hangzhou art. 13)."""
