"""What people see of a plan: maps, files and reports."""
