"""Language models on this machine."""

from vesalius.language.local.causal import Local
from vesalius.language.local.seq2seq import Seq2Seq

__all__ = ["Local", "Seq2Seq"]
