"""Who has this video? `find` gives an Offer with a Reader, or a Missing with its cause."""
