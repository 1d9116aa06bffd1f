use clap::Args;

use crate::{
    Outcome,
    equality::Equality,
    process::{cargo, run},
};

/// Run every test of the project.
#[derive(Debug, Args)]
pub(crate) struct Tests {
    /// Given to the test programs: a part of the names of the tests to run.
    filter: Option<String>,
}

impl Tests {
    pub(crate) fn run(self) -> Outcome {
        // The end-to-end tests start this program. Together with this one, because alone it would have
        // dependencies with other features, and most of them would be compiled twice.
        run(cargo().args(["build", "--package", "symbolon-cli", "--package", "xtask"]))?;
        let mut all = cargo();
        all.args(["test", "--workspace", "--no-fail-fast"]);
        if let Some(filter) = self.filter {
            return run(all.args(["--", &filter]));
        }
        run(&mut all)?;
        Equality::small()
    }
}
