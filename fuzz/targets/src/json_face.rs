//! HTTP around the bodies of the JSON face: who calls, and how a body comes.

use symbolon_node::{read_bearer, read_lines};
use symbolon_policy::Reason;

/// A header `Authorization`, which anybody may send.
pub(crate) fn bearer(data: &[u8]) {
    let Some(token) = read_bearer(data) else { return };
    let written = token.reveal();
    // Nothing is passed over or guessed: it is the text that was shown, but for the case of letters.
    let shown = std::str::from_utf8(data).unwrap().split_once(' ').unwrap().1.trim();
    assert!(shown.eq_ignore_ascii_case(&written));
    let again = read_bearer(format!("Bearer {}", written.as_str()).as_bytes()).unwrap();
    assert_eq!((again.id(), again.reveal()), (token.id(), written.clone()));
    // What may be logged has no secret in it.
    let secret = written.rsplit_once('_').unwrap().1;
    assert!(!format!("{token:?}").contains(secret));
}

/// A `Content-Type` up to the first line end, a byte for the length of the pieces, and a body of lines.
pub(crate) fn json_lines(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let (content_type, rest) = (&data[..end], &data[end + 1..]);
    let Some((length, body)) = rest.split_first() else { return };
    let pieces = body.chunks(usize::from(*length).max(1)).map(<[u8]>::to_vec).collect();
    let whole = read_lines(content_type, vec![body.to_vec()]);
    let lines = match read_lines(content_type, pieces) {
        Ok(lines) => lines,
        Err(refusal) => {
            assert_eq!(refusal.reason, Reason::MediaType);
            return assert!(whole.is_err());
        }
    };
    let said = String::from_utf8_lossy(content_type).to_ascii_lowercase();
    assert!(said.trim_start().starts_with("application/x-ndjson"));
    // However the network cuts it, each line comes once and in its place, and only empty ones are left out.
    let is_said = |line: &&[u8]| !line.trim_ascii().is_empty();
    let expected: Vec<_> = body.split_inclusive(|byte| *byte == b'\n').filter(is_said).collect();
    assert_eq!(lines, expected);
    assert_eq!(whole, Ok(lines));
}
