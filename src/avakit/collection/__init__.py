"""Getting the videos: find each one's source, fetch it, accept it, record it."""
