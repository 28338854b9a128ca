"""avakit beside what a user would run instead: in one run, in turn, as a ratio of medians."""
