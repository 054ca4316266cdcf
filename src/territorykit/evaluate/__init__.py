"""Scorecards of plans, alone and side by side."""
