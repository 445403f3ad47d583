"""What a network of embeddings says of an image turned and mirrored, as it would be of the image itself."""

from __future__ import annotations

import torch

from desktop_app.ml.inference.looks import View, arrows_back


def turned_arrows(outputs: torch.Tensor, view: View) -> torch.Tensor:
    """Outputs of a view, at their places in the image, with arrows and sigmas along the axes of the image.

    Args:
        outputs: ``(B, 2 D + 1, [Z,] Y, X)``: offsets and sigmas along ([z,] y, x), then the seed.
        view: How the image was seen.
    """
    axes, quarters = (outputs.shape[1] - 1) // 2, view[0]
    arrows, sigmas, seed = outputs[:, :axes], outputs[:, axes:-1], outputs[:, -1:]
    if quarters % 2:
        sigmas = torch.cat([sigmas[:, :-2], sigmas[:, -1:], sigmas[:, -2:-1]], dim=1)
    return torch.cat([arrows_back(arrows, view), sigmas, seed], dim=1)
