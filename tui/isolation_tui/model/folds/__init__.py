"""How the run takes in each kind of fact, a file a subject."""
