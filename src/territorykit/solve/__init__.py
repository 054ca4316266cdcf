"""From a problem to a result: the one door, and the methods behind it."""
