"""From files and frames to a `UnitGraph`: areas, accounts, contiguity, coordinate systems and other graph packages."""
