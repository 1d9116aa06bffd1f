"""Messages of the partner face, by version of the contract."""
