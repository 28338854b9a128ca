"""`python -m avakit` is `avakit`."""

from avakit.cli import main

if __name__ == "__main__":
    main()
