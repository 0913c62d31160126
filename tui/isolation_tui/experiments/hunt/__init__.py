"""The hunt: which tests of a suite depend on order? Few trials, chosen by what one run shows, then shuffles."""
