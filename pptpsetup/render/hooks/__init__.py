"""Scripts that pppd runs when a link is up or down: one module per way in which distributions find them."""
