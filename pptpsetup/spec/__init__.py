"""What the user wants: settings, the spec file, names and passwords."""
