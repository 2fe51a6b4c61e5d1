"""`tocsin case`: follow a case until a host government has answered for it."""
