"""数字驾驶舱: what a post sees, live, and the tasks it gives (Hangzhou art. 10)."""
