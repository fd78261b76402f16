"""The house over HTTP: a desk for customers in the browser, and for programs what the command line can do."""
