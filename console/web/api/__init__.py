"""The calls of our services as JSON over HTTP, for programs: the same functions, the same refusals."""
