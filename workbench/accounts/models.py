"""The account of a study owner (`is_staff`: a lab administrator, who sees every study)."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A user model of our own from the first migration on, since Django cannot swap it later."""
