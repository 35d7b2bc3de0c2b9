"""The rating API: what the rating page, and anyone rating by program, talks to."""
