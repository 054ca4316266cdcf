"""How one travels: what straight lines, roads, tables and servers are made of."""
