"""From an ask to events: engine process, router, request filling, sessions."""
