"""Windows with tables and plots of measured and compared objects."""
