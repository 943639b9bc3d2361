"""Files that start tunnels at boot and keep them running: one module per init system."""
