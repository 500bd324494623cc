"""Application scenarios (应用场景) at work: what an alert sets going, and what it led to (Hangzhou art. 11)."""
