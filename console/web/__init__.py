"""The console in a browser: pages for the people of one organization, over the same functions as the commands."""
