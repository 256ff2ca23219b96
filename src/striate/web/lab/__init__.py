"""What the lab page asks for: routes under /lab, one file a view, over the models, the runs and the tables."""
