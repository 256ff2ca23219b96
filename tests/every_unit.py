"""Units of every row of a network, worked out by hand and compared with what the network computes."""

import torch

from striate.inspection import record_activations, rows_needed, trace_unit

WITHIN = 1e-5


def largest_difference(network, units, seed=0):
    """The largest difference over drawn units of every row, of 1 or of the value where that is larger; it is checked."""
    generator = torch.Generator().manual_seed(seed)
    steps = network.plan.flat
    image = torch.randn(1, *network.table.input, generator=generator)
    with torch.no_grad():
        activations = record_activations(network, image, [step.path for step in steps])
    largest = 0.0
    for step in steps:
        for _ in range(units):
            unit = tuple(int(torch.randint(size, (), generator=generator)) for size in step.output)
            result = trace_unit(network, step, unit, {path: activations[path] for path in rows_needed(step)})
            difference = abs(result.value - result.network_value) / max(1, abs(result.network_value))
            assert difference < WITHIN, (step.path, unit, result.value, result.network_value)
            largest = max(largest, difference)
    return largest
