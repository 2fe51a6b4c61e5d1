"""Bytes in, bytes or a named error out: keys, envelopes, ladders, Merkle trees, checkpoints."""
