"""`python -m console` is `tocsin`."""

from console.cli.main import main

main()
