"""Subscriptions (订阅): rows of a contract as they are admitted; pulled, pushed or streamed."""
