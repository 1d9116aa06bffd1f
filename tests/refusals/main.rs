//! Bad input of every kind is refused with a reason, loses nothing, and the node goes on.
