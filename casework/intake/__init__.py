"""Old cases out of a file and back: rows as they stand in it, and what each says in our own kinds of events."""
