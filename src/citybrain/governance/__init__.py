"""Governance: watches the rooms and says whether the law holds, live (条例对照)."""
