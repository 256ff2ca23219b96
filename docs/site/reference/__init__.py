"""Pages that are generated from the package: names, commands, tables' keys, HTTP, JSON."""
