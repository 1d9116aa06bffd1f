"""Generated from ``symbolon/partner/v1``: see the comments there."""
