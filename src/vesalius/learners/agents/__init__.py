"""Learners that act: in a clinic, by calling tools."""
