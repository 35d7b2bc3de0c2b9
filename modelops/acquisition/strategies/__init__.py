"""The strategies, one file each: every module here defines one as STRATEGY."""
