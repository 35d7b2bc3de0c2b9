"""The model registry, predictions, label snapshots, training runs and acquisition rounds."""
