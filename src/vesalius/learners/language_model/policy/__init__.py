"""Reinforcement learning of language models from rewards that a rule gives: group-relative and proximal policy optimisation."""
