"""Work on cases from another machine, at the office's server."""
