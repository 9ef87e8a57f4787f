"""Base models of the clinic in miniature: what they are taught, and how they are made."""
