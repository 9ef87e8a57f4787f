"""Terminologies as graphs of codes."""

from vesalius.records.ontologies.graph import Graph

__all__ = ["Graph"]
