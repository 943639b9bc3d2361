"""From a spec, a profile and facts to files as values; :mod:`.tunnels` is the front door."""
