"""Turn events into text: plain, JSON, charts. No widgets."""
