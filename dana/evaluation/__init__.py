"""Evaluation: from nodes to closures."""
