"""Classes of voxels, then objects: what is computed."""
