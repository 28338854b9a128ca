"""Time and pictures: packet index, timeline, decoding, colour, JPEG. Import from the file that you need."""
