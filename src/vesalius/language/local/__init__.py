"""Language models on this machine."""

from vesalius.language.local.causal import Local

__all__ = ["Local"]
