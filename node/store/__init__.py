"""What a node keeps, on SQLite or PostgreSQL; rows never leave this package, values do."""
