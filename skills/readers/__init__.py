"""Shared readers of what people say and what their files hold. Light: nothing heavy at the top."""
