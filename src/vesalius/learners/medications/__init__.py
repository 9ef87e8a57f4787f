"""Generic name, route and classes of medication strings: lookups, rules, and a language model that is asked."""
