"""Figures against baselines. Each module says how it is run."""
