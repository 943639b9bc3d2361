"""YAML with positions: text to nodes that know their line and column, and syntax errors in plain words."""
