//! A check's report as a person reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::asking::{Answer, CheckReport, ItemWarning, PassedOver, Trouble};

/// Up to so many identifiers every answer is shown; above, only what needs a person.
pub(super) const SMALL: u64 = 12;
const ROWS_SHOWN: usize = 25;

/// The report. Of a large one, hits one by one and what went wrong summed up, unless `all`.
pub(super) fn report(report: &CheckReport, all: bool) -> String {
    let mut text = String::new();
    let small = all || report.summary.asked <= SMALL;
    let shown: Vec<&Answer> =
        report.answers.iter().filter(|answer| small || answer.outcome == "hit").collect();
    if !shown.is_empty() {
        rows(&mut text, &shown, all);
    }
    if !small {
        troubles(&mut text, report);
    }
    for rejected in &report.rejected {
        let _ = writeln!(
            text,
            "not asked: {} — {} ({})",
            format!("line {} {}", rejected.reference, rejected.identifier).trim_end(),
            rejected.sentence,
            rejected.reason
        );
    }
    let notable = report.warnings.iter().filter(|one| is_notable(one));
    for warning in notable.take(ROWS_SHOWN) {
        let _ = writeln!(
            text,
            "note: {} — {} ({})",
            warning.identifier, warning.sentence, warning.reason
        );
    }
    if let Some(sentence) = report.sentence {
        let _ = writeln!(text, "{sentence}");
        return text;
    }
    passed_over(&mut text, report);
    per_list(&mut text, report);
    whom_to_call(&mut text, report);
    let _ = writeln!(text, "Check {} took {} ms.", report.check_id, report.elapsed_ms);
    text
}

/// What was left out because of the purpose. A bureau of which nothing could be asked for it has said so as
/// its answer.
fn passed_over(text: &mut String, report: &CheckReport) {
    let has_said_so = |one: &PassedOver| {
        let mut troubles = report.troubles.iter();
        troubles.any(|trouble| {
            trouble.bureau_name == one.bureau_name && trouble.reason == "purpose_not_agreed"
        })
    };
    let Some(all) = &report.passed_over else {
        text.push_str(
            "The node did not say which lists the purpose leaves out: `symbolon coverage` shows them.\n\n",
        );
        return;
    };
    let left: Vec<_> = all.iter().filter(|one| !has_said_so(one)).collect();
    for one in &left {
        let list = |names: &BTreeSet<String>| {
            names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        let _ = writeln!(
            text,
            "not asked: {} of {}, which is open for other purposes only: {} (agreement {})",
            one.dataset_title,
            one.bureau_name,
            list(&one.purposes),
            list(&one.agreements)
        );
    }
    if !left.is_empty() {
        text.push('\n');
    }
}

/// Whether a warning deserves a line. Most types have no check digit in most countries; that is
/// worth one to nobody.
pub(super) fn is_notable(warning: &ItemWarning) -> bool {
    warning.reason != "check_digit_not_verified"
}

fn rows(text: &mut String, answers: &[&Answer], all: bool) {
    let limit = if all { usize::MAX } else { ROWS_SHOWN };
    let width = answers
        .iter()
        .take(limit)
        .map(|answer| answer.identifier.width())
        .max()
        .unwrap_or(0)
        .clamp(10, 44);
    let _ = writeln!(
        text,
        "{:<width$}  {:<16} {:<12} {:<14} LIST",
        "IDENTIFIER", "TYPE", "BUREAU", "ANSWER"
    );
    for answer in answers.iter().take(limit) {
        let identifier = padded(&answer.identifier, width);
        let list = match (&answer.coverage, answer.sentence.is_empty()) {
            (Some(coverage), _) => format!(
                "{} (as of {})",
                answer.dataset_title,
                coverage.updated_at.get(..16).unwrap_or(&coverage.updated_at).replace('T', " ")
            ),
            (None, false) => format!("{} [{}]", answer.sentence, answer.reason),
            (None, true) => answer.dataset_title.clone(),
        };
        let _ = writeln!(
            text,
            "{identifier}  {:<16} {:<12} {:<14} {list}",
            answer.identifier_type,
            answer.bureau_name,
            word(answer.outcome)
        );
        if let Some(label) = &answer.label {
            let _ = writeln!(text, "    released at once: {}", label.shown());
        }
    }
    if let Some(more) = answers.len().checked_sub(limit).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more; --all or --json shows them");
    }
    text.push('\n');
}

/// `text` in exactly `width` columns of a terminal, where some characters take two.
fn padded(text: &str, width: usize) -> String {
    let mut padded = String::new();
    let mut used = 0;
    for character in text.chars() {
        let columns = character.width().unwrap_or(0);
        if used + columns > width {
            break;
        }
        used += columns;
        padded.push(character);
    }
    padded.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    padded
}

/// What was not answered, summed up by bureau and reason.
fn troubles(text: &mut String, report: &CheckReport) {
    for Trouble { bureau_name, outcome, reason, sentence, count } in &report.troubles {
        let outcome = word(outcome);
        let _ = writeln!(text, "{bureau_name}: {outcome} for {count}: {sentence} [{reason}]");
    }
    if !report.troubles.is_empty() {
        text.push('\n');
    }
}

/// One line for each list, summed over identifier types: what it is, how fresh, what it said.
fn per_list(text: &mut String, report: &CheckReport) {
    let _ = writeln!(
        text,
        "{:<12} {:<34} {:>6} {:>5} {:>7} {:>13} {:>9} {:>9}  COVERS UNTIL",
        "BUREAU", "LIST", "ASKED", "HIT", "NO HIT", "NOT PERMITTED", "NO ANSWER", "TIME"
    );
    for list in &report.lists {
        let title =
            if list.dataset_title.is_empty() { "(none offered)" } else { &list.dataset_title };
        let until = list.updated_at.get(..16).unwrap_or("-").replace('T', " ");
        let _ = writeln!(
            text,
            "{:<12} {title:<34} {:>6} {:>5} {:>7} {:>13} {:>9} {:>6.0} ms  {until}",
            list.bureau_name,
            list.asked,
            list.hit,
            list.no_hit,
            list.not_permitted,
            list.no_answer,
            list.slowest_ms
        );
    }
    text.push('\n');
}

fn whom_to_call(text: &mut String, report: &CheckReport) {
    let mut desks = BTreeMap::new();
    for answer in report.answers.iter().filter(|answer| answer.outcome == "hit") {
        if let Some(desk) = &answer.desk {
            desks.insert(&answer.bureau_name, desk);
        }
    }
    if desks.is_empty() {
        if report.summary.no_hit > 0 {
            let _ = writeln!(
                text,
                "No hit means: not in these lists as of their dates. It does not mean not known."
            );
        }
        return;
    }
    let _ = writeln!(
        text,
        "A hit is unconfirmed and no ground for action: call the desk before anything is done."
    );
    for (bureau, desk) in desks {
        let _ = writeln!(text, "  {bureau}: {}, {}, {}", desk.name, desk.phone, desk.email);
    }
}

fn word(outcome: &str) -> &str {
    match outcome {
        "hit" => "HIT",
        "no_hit" => "no hit",
        "not_permitted" => "not permitted",
        _ => "no answer",
    }
}
