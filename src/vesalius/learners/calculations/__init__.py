"""Medical calculations: prompted, by nested tool calls, and by calculators on annotated values."""
