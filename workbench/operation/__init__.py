"""Operating the site: backups, health, measurements, the page for its administrators."""
