//! Commands as a person types them into a shell at this installation: what to do next is worth saying only
//! if it can be copied as it stands.

use std::{fmt, path::Path};

/// A command of this program. Displayed, it can be pasted into a shell; words that stand for something that
/// the reader fills in are CAPITALS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Typed(String);

impl Typed {
    /// The command of these words, for instance `agreement approve`.
    pub(crate) fn command(words: &str) -> Self {
        Self(format!("symbolon {words}"))
    }

    /// At the bureau with this data folder.
    pub(crate) fn at(self, data: &Path) -> Self {
        self.with("--data").with(&data.display().to_string())
    }

    /// Done by this person: a name below people/, or a word in capitals for one that is not known here.
    pub(crate) fn by(self, person: &str) -> Self {
        self.with("--as").with(person)
    }

    /// With one more word, in quotes where the shell would read it otherwise.
    pub(crate) fn with(self, word: &str) -> Self {
        Self(format!("{} {}", self.0, quoted(word)))
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,@=+%…".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_its_bureau_and_who_does_it() {
        let typed = Typed::command("agreement approve").at(Path::new("arcadia")).by("APPROVER");
        assert_eq!(
            typed.with("arc-bor-2026").to_string(),
            "symbolon agreement approve --data arcadia --as APPROVER arc-bor-2026"
        );
    }

    #[test]
    fn a_shell_reads_each_word_as_it_was_meant() {
        let typed =
            Typed::command("check").at(Path::new("/srv/our data")).with("it's").with("$HOME");
        assert_eq!(
            typed.with("").to_string(),
            r"symbolon check --data '/srv/our data' 'it'\''s' '$HOME' ''"
        );
    }
}
