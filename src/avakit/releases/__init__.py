"""What AVA is: releases, splits, videos, actions and official files, as data."""
