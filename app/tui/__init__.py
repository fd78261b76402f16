"""The chat: draws events, holds no model code."""
