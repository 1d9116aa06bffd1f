"""Generated from ``symbolon/v1``, the documents that bureaus sign: see the comments there."""
