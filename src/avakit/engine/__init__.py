"""Who runs the jobs: child processes, threads, progress, interruption. Knows no product and no movie."""
