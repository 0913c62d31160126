"""What the application does, apart from HTTP. Every function needs an application context."""
