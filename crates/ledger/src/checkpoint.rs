use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{node_id::MAX_SIZE, note::NoteError, origin::Origin, tree::TreeHash};

/// How far a log has grown: what its owner signs (C2SP `tlog-checkpoint`).
///
/// Extension lines, which the format allows and advises against, are neither written nor read: nobody
/// who follows a log can verify what they say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves it has; no more than [`MAX_SIZE`], or nobody reads it.
    pub size: u64,
    /// The hash of the tree over them.
    pub root: TreeHash,
}

impl Checkpoint {
    /// The text of the note that is signed: origin, size and root, each on a line.
    pub(crate) fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Form);
        };
        if lines.next().is_some() {
            return Err(NoteError::Extension);
        }
        Ok(Self {
            origin: origin.parse().map_err(|_| NoteError::Origin)?,
            size: read_size(size).ok_or(NoteError::Size)?,
            root: read_root(root).ok_or(NoteError::Root)?,
        })
    }
}

fn read_size(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || !text.starts_with('0');
    // `parse` would take a plus sign too.
    let is_decimal = text.bytes().all(|b| b.is_ascii_digit());
    let size = text.parse().ok().filter(|_| is_canonical && is_decimal)?;
    (size <= MAX_SIZE).then_some(size)
}

fn read_root(text: &str) -> Option<TreeHash> {
    // This engine takes only what it would write: with padding, and without stray bits.
    STANDARD.decode(text).ok()?.try_into().ok().map(TreeHash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "example.com/behind-the-sofa\n20852163\n\
                        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let checkpoint = Checkpoint::from_text(TEXT).unwrap();
        assert_eq!(checkpoint.origin.as_str(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(
            hex::encode(checkpoint.root.0),
            "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
        );
        assert_eq!(checkpoint.to_text(), TEXT);
    }

    #[test]
    fn a_size_is_a_decimal_number_without_sign_or_leading_zeros_below_two_to_the_63() {
        let with = |size: &str| Checkpoint::from_text(&TEXT.replace("20852163", size));
        for (text, size) in [("0", 0), ("1", 1), ("9223372036854775807", MAX_SIZE)] {
            assert_eq!(with(text).unwrap().size, size);
        }
        for text in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            "1 ",
            " 1",
            "1.0",
            "0x1",
            "1_000",
            "٣",
            "9223372036854775808",
            "18446744073709551616",
        ] {
            assert_eq!(with(text), Err(NoteError::Size), "{text:?}");
        }
    }

    #[test]
    fn a_root_is_32_bytes_in_the_only_base64_that_there_is_of_them() {
        let with = |root: &str| {
            Checkpoint::from_text(
                &TEXT.replace("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", root),
            )
        };
        for text in [
            "",
            // No padding, stray bits, the other alphabet, a space, 31 and 33 bytes.
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I",
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=",
            "CsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=",
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I= ",
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==",
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Ji",
        ] {
            assert_eq!(with(text), Err(NoteError::Root), "{text:?}");
        }
    }

    #[test]
    fn fewer_or_more_lines_than_three_are_refused() {
        for text in ["", "\n", "a\n", "a\n1\n", TEXT.trim_end()] {
            assert_eq!(Checkpoint::from_text(text), Err(NoteError::Form), "{text:?}");
        }
        for more in ["\n", "extension\n"] {
            let text = format!("{TEXT}{more}");
            assert_eq!(Checkpoint::from_text(&text), Err(NoteError::Extension), "{text:?}");
        }
    }
}
