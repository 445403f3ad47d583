"""The parts of ``bench_separation``: what a voxelwise network can learn in order to tell touching objects apart."""
