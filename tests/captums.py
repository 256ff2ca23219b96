"""What captum gives when it is called directly: the oracle of our attributions."""

from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency

from striate.inspection.attribution import STEPS, default_layer, ground, occlusion_window


def captums(network, x, target, method):
    """The same by captum alone."""
    network = network.eval()
    base = ground(network.table).expand_as(x)
    match method:
        case "saliency":
            return Saliency(network).attribute(x, target=target)
        case "integrated_gradients":
            return IntegratedGradients(network).attribute(x, baselines=base, target=target, n_steps=STEPS)
        case "occlusion":
            window, strides = occlusion_window(network.table)
            return Occlusion(network).attribute(x, window, strides, base, target=target)
        case "grad_cam":
            layer = network.get_submodule(default_layer(network.table))
            cam = LayerGradCam(network, layer).attribute(x, target=target, relu_attributions=True)
            return LayerAttribution.interpolate(cam, tuple(x.shape[2:]), "bilinear")
