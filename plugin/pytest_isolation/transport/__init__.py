"""The way from a fact to the listener's socket: encode, queue, send."""
