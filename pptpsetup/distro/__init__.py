"""Where we are: which distribution (data), and what this very host has (facts)."""
