"""The hub (中枢): the only way in and out for data, with its log, its lake and what was set aside (Hangzhou art. 8)."""
