"""Learners that give several masks of one image, as several annotators would."""
