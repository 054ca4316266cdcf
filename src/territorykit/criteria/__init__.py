"""Pure functions of a plan: the objective, the measures of the scorecards, and the referee."""
