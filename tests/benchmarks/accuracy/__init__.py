"""The parts of ``bench_accuracy``: sets of images, scores, and the ways to labels that are compared."""
