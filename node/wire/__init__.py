"""The only translator between our values and protobuf messages.

Signed payloads may carry fields that this version does not know: they are covered by the signature and kept. What is
not signed (entries, openings, pages) must be exactly what this version would write; a message with anything else in it
is refused, so that nothing can be smuggled, hidden or lost between two nodes.
"""
