"""Frozen figures of what all organizations together know: declared, protected, audited, released."""
