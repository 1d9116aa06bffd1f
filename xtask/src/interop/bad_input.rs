//! Messages that are none, sent by a published client to every method of the bureau face.

use super::{demo::Demo, documents};
use crate::Outcome;

/// Each must be refused with a reason, and the node must go on.
pub(super) fn run(demo: &Demo) -> Outcome {
    documents::python(demo, "bad_input.py")
}
