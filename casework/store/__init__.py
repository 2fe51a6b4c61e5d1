"""What casework stores: signed and sealed bytes; nothing of SQL leaves this package but the open transaction."""
