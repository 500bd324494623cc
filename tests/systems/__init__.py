"""Systems: connectors, deliveries, replays."""
