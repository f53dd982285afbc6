"""Widgets for notebooks: one Python file each; their front ends are built from ``ui/``."""
