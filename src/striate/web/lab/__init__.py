"""The lab: the routes that its page fetches, one file a view, over the models, the runs and the tables."""
