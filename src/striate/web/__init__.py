"""Models over HTTP: the API of `striate serve`."""
