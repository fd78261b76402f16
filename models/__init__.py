"""Weights on disk, verified, and the engines that run them."""
