"""Vesalius: published medical AI systems, each run against what it claims to beat, with uncertainty.

>>> import vesalius
>>> finding = vesalius.run("recov", size="smoke")  # doctest: +SKIP
>>> print(finding.summary())  # doctest: +SKIP
"""
