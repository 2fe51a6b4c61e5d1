"""`tocsin demo`."""


def demo() -> None:
    """Run three organizations on this machine and show what a coordinator learns from them."""
