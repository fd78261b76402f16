"""What people and scripts see: the chat, the command line, renderers. Holds no model code."""
