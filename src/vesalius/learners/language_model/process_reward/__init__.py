"""Judging written-out reasoning step by step, and choosing among sampled solutions by it."""
