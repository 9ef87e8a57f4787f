"""Metrics beside their peers: python benchmarks/metrics.py [FAMILY ...].

Same input, one process; a peer that is not installed is left out. pip install 'vesalius[peers]' brings them.
"""

import sys
from importlib import import_module

from clock import print_rows

FAMILIES = ("segmentation", "classification", "survival", "retrieval", "text", "detection", "images")


def main() -> None:
    """Run the families named, or all."""
    for family in sys.argv[1:] or FAMILIES:
        print(f"\n{family}")
        print_rows(import_module(f"metrics_{family}").rows())


if __name__ == "__main__":
    main()
