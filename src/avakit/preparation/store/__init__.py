"""How pictures lie on the disk, and how they come there whole."""
