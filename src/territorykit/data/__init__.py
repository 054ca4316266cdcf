"""The Texas quick start that ships with the package; see CREDITS.md."""
