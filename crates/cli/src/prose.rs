//! Plain text for people who read and do not program: wrapped, indented.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

const WIDTH: usize = 78;

/// `text` in lines of at most 78 columns, each after `indent` blanks.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0_usize;
    for word in text.split_whitespace() {
        let width = word.width();
        if column > 0 && column.saturating_add(width).saturating_add(1) > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            let _ = write!(out, "{:indent$}", "");
            column = indent;
        } else {
            out.push(' ');
            column = column.saturating_add(1);
        }
        out.push_str(word);
        column = column.saturating_add(width);
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_blanks_and_loses_no_word() {
        let text = "word ".repeat(40);
        let lines = wrapped(&text, 4);
        assert!(lines.lines().all(|line| line.len() <= WIDTH && line.starts_with("    word")));
        assert_eq!(lines.split_whitespace().count(), 40);
        let long = "x".repeat(100);
        assert_eq!(wrapped(&long, 2), format!("  {long}\n"));
    }
}
