//! The only place that writes to standard output and standard error.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where printing is done")]

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::CliError;

/// How a command speaks: text for people, or JSON for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// The result of a command: as JSON, or as `text`.
    pub(crate) fn result<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) {
        if self.json {
            match serde_json::to_string_pretty(value) {
                Ok(json) => println!("{json}"),
                Err(error) => eprintln!("the result cannot be written as JSON: {error}"),
            }
        } else {
            print!("{}", with_line_end(text()));
        }
    }

    /// Text for people only, part of the result.
    pub(crate) fn say(self, text: &str) {
        if !self.json {
            print!("{}", with_line_end(text.to_owned()));
        }
    }

    /// What is going on, beside the result.
    pub(crate) fn note(self, text: &str) {
        eprintln!("{text}");
    }

    pub(crate) fn error(self, error: &CliError) {
        if self.json {
            let json = serde_json::json!({
                "error": { "reason": error.reason, "sentence": error.sentence }
            });
            eprintln!("{json}");
        } else {
            eprintln!("symbolon: {}", error.sentence);
        }
    }

    /// A bar for something with a known length; silent where no person looks.
    pub(crate) fn bar(self, len: u64, what: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(len), self.target());
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} to go")
        {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar
    }

    /// A sign of life for something whose length is not known.
    pub(crate) fn spinner(self, what: &str) -> ProgressBar {
        let spinner = ProgressBar::with_draw_target(None, self.target());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            spinner.set_style(style);
        }
        spinner.set_message(what.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(120));
        // A log file or a program shows no moving bar, but should see that something goes on.
        if !std::io::stderr().is_terminal() {
            self.note(what);
        }
        spinner
    }

    fn target(self) -> ProgressDrawTarget {
        if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        }
    }
}

fn with_line_end(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
