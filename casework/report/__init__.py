"""What a reader sees of cases, as pages: built up from what a level lets in, never stripped down (casework 5.5)."""
