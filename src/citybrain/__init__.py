"""City Brain: a hub, systems, cockpits and scenarios for a city, declared as code."""
