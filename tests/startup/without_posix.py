"""Takes away what only POSIX systems have."""
