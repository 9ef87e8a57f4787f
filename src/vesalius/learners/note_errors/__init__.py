"""Learners that find and correct the one error of a note."""
