"""Clinical environments that can be reset, acted in and judged by their state."""
