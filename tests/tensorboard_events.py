"""What TensorBoard itself reads of a run."""

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from striate.training import TENSORBOARD_FOLDER


def scalars(run):
    """For each tag the (epoch, value) pairs that are shown."""
    events = EventAccumulator(str(run / TENSORBOARD_FOLDER)).Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
