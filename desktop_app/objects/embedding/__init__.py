"""Objects of spatial embeddings: where each voxel says that the centre of its object is."""
