"""The front for officials: cockpits, indicators, tasks, scenarios."""
