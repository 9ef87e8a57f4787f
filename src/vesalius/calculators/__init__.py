"""Medical calculators: formulas and rules of clinical practice, with units."""
