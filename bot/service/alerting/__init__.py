"""Alerts: opened, paged for, going up until somebody has them, moved on and closed."""
