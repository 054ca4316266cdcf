"""Why a problem has no plan: what can be proven at once, which requirements collide, and how far they must give way."""
