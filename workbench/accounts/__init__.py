"""People who run studies: sign-in, API tokens. Raters have no account (annotation.models.Rater)."""
