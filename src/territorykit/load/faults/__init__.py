"""What can be wrong with maps and lists of accounts, found all at once."""
