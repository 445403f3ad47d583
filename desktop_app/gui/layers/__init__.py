"""What lies over an image, and how it is shown: channels, labels, results and previews."""
