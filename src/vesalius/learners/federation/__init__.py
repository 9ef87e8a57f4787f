"""Federated learning: clients that keep their records, a server that sees weights only."""
