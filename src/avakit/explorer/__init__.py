"""Look at it: pictures with their labels drawn."""
