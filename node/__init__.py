"""One organization's node: incident records, what leaves of them, and what peers shared."""
