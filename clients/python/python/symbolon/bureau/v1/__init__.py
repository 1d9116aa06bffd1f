"""Generated from ``symbolon/bureau/v1``: see the comments there."""
