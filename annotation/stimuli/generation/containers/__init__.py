"""Text records taken out of PNG, JPEG, WebP and AVIF files, without decoding pixels."""
