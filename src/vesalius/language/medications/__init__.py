"""Asking a language model what a medication string means."""
