"""What a player sees: the terminal screen of a show, and its keys."""
