"""What the ratings say of the people who gave them: agreement, findings about raters, plans."""
