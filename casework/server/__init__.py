"""The casework server: what officers at other machines ask, answered by their workplaces."""
