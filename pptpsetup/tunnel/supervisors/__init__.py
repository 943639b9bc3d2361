"""Who keeps tunnels running: one module per init system that is asked to start and stop them."""
