"""Where somebody reports anonymously: a listener of its own, apart from the node, the console and the officers."""
