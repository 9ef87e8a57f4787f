"""Learners of patients' histories."""
