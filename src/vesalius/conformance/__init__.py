"""Every metric beside the peers that are installed, on real and on random input."""

from vesalius.conformance.page import conformance_page, every_agreement

__all__ = ["conformance_page", "every_agreement"]
