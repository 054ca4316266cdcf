"""Files of all kinds, opened without trusting them."""
