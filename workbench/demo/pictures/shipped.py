"""Where the pictures lie that the project ships: a world's folder for each purpose of an image."""

from pathlib import Path

FOLDER = Path(__file__).with_name("shipped")
