"""Pages of officers: what is due, cases, steps, letters, evidence, access, reports."""
