"""What lab notebooks and their checks import: the same text works in a kernel and in the examiner."""
