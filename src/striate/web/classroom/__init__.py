"""Class mode: drawings from the devices of a class, its votes, the network's answers."""
