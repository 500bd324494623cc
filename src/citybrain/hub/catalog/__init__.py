"""The catalogue (目录): what the city has, who answers for it, how it is shared, and where it is registered."""
