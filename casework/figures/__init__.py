"""Figures over many cases: what each case contributes, the indicators I1 to I26, the yearly table, signed releases."""
