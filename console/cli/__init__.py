"""The command `tocsin`: one module per subcommand; what is slow to import is imported when a command runs."""
