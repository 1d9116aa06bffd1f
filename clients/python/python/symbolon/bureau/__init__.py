"""Messages of the bureau face, by version of the contract."""
