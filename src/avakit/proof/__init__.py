"""Is it right? Whether what is on disk shows every annotated second, whole and decodable."""
