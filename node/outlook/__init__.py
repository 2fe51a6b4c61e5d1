"""Seeing what is coming: trends, forecasts and unusual counts out of months, each with its record of being right."""
