"""Dissents (异议): a value or a score is contested, its provider verifies, corrects and answers, the raiser closes."""
