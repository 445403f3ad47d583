"""The 3D view: surfaces of objects, the image and its three slices, turned by the mouse."""
