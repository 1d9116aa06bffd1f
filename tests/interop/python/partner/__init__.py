"""A partner of a bureau in pure Python, written from docs/protocol.md, docs/identifiers.md and
crates/tagset/FORMAT.md. It shows that they suffice; it is neither fast nor constant-time."""
