"""The screens that open over the chat, one a file; each is imported when it opens."""
