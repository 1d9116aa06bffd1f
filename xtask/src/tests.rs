use clap::Args;

use crate::{
    Outcome,
    equality::Equality,
    process::{BUILD, cargo, run},
};

/// Run every test of the project.
#[derive(Debug, Args)]
pub(crate) struct Tests {
    /// Given to the test programs: a part of the names of the tests to run.
    filter: Option<String>,
}

impl Tests {
    pub(crate) fn run(self) -> Outcome {
        // The end-to-end tests start this program.
        run(cargo().args(BUILD))?;
        let mut all = cargo();
        all.args(["test", "--workspace", "--no-fail-fast"]);
        if let Some(filter) = self.filter {
            return run(all.args(["--", &filter]));
        }
        run(&mut all)?;
        Equality::small()
    }
}
