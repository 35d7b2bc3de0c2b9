"""What the workbench does per second, and in how much memory (`make bench`)."""
