"""What captum gives when it is called directly: the oracle of our attributions.

In batches as large as ours: a deep network makes of float32's rounding, which differs by batch, whole percents.
"""

from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency

from striate.inspection import (
    ATTRIBUTION_BATCH_SIZE,
    baseline_input,
    default_layer,
    integration_steps,
    occlusion_window,
)


def captums(network, x, target, method):
    """The same by captum alone."""
    network = network.eval()
    base = baseline_input(network.table).expand_as(x)
    match method:
        case "saliency":
            return Saliency(network).attribute(x, target=target)
        case "integrated_gradients":
            return IntegratedGradients(network).attribute(
                x,
                baselines=base,
                target=target,
                n_steps=integration_steps(network.plan),
                internal_batch_size=ATTRIBUTION_BATCH_SIZE,
            )
        case "occlusion":
            window, strides = occlusion_window(network.table)
            return Occlusion(network).attribute(
                x, window, strides, base, target=target, perturbations_per_eval=ATTRIBUTION_BATCH_SIZE
            )
        case "grad_cam":
            layer = network.get_submodule(default_layer(network.plan))
            cam = LayerGradCam(network, layer).attribute(x, target=target, relu_attributions=True)
            return LayerAttribution.interpolate(cam, tuple(x.shape[2:]), "bilinear")
