"""The nouns of city-as-code: frozen, public, versioned."""
