"""Bytes over the wire: readers, ranges, kept blocks, a governor per host. Knows no movie."""
