"""What held-out images say of versions: pure statistics, without a site."""
