"""Every command of every page: the command line takes it, and it runs, or it stands here why not and what runs instead.

A command runs as it stands, in a folder that has what a reader has: photos, folders of pictures, earlier runs. Networks
that are trained are tiny ones of their family, for an epoch.
"""
