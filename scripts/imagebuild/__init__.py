"""Builds the site's container image; entry point is scripts/build_image.py."""
