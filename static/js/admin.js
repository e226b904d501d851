// Refreshes the overview.
