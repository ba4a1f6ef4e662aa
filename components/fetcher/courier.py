"""Carries by hand what fetchmail cannot."""
