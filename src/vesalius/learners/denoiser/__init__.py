"""Denoisers: how images are spoilt in training, how samples are drawn, and the learners that do it."""
