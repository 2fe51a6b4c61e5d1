"""Pages of coordinators: explore, figures as charts and maps, matches, releases."""
