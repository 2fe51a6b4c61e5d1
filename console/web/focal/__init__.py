"""Pages of focal points and operators: files in, who holds what, alerts, requests, members, ceremonies, health."""
