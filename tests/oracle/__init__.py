"""Real parsers as test oracles: pppd, sh, systemd, ifupdown."""
