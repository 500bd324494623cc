"""Numbers: indicators computed from governed data, their states and alerts (Hangzhou art. 10)."""
