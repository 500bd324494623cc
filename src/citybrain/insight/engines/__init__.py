"""Analytics engines behind one door: a declared indicator in, values out."""
