"""One pass over a window, many products: keyframes, frames. Import from the file that you need."""
