//! Looks for secrets everywhere that a node writes or says something.

use std::{collections::HashSet, fmt};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use symbolon_cli::scenario::Bureau;
use symbolon_tests::{World, raw::files_below, tap::Tap};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    http2::Direction,
    needles::{Needle, Secret},
};

/// A place where something could stand.
pub(crate) struct Haystack {
    /// Where, for a finding.
    pub(crate) place: String,
    /// What stands there.
    pub(crate) bytes: Vec<u8>,
    /// Whether the owner keeps its own list here, in clear and as documented.
    pub(crate) is_own_list: bool,
}

impl Haystack {
    /// A place where no secret may stand.
    pub(crate) fn new(place: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { place: place.into(), bytes: bytes.into(), is_own_list: false }
    }
}

/// A secret where it must not be.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Finding {
    /// Where.
    pub(crate) place: String,
    /// Whose form it is.
    pub(crate) secret: String,
    /// Which form.
    pub(crate) form: String,
    /// How many bytes after the beginning.
    pub(crate) offset: usize,
    /// Whether it is the owner's own list, where it may stand.
    pub(crate) is_own_list: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, secret, form, offset, .. } = self;
        write!(f, "{place}, byte {offset}: {secret:?} ({form})")
    }
}

/// Good if nothing was found where it may not stand; else everything that was.
pub(crate) fn verdict(findings: &[Finding]) -> Result<(), String> {
    let leaks = findings.iter().filter(|finding| !finding.is_own_list);
    let leaks: Vec<_> = leaks.map(Finding::to_string).collect();
    if leaks.is_empty() {
        return Ok(());
    }
    Err(format!("{} leaks:\n{}", leaks.len(), leaks.join("\n")))
}

/// Finds each form of each secret once in each place.
pub(crate) fn search(secrets: &[Secret], haystacks: &[Haystack]) -> Vec<Finding> {
    let needles: Vec<(&Secret, Needle)> = secrets
        .iter()
        .flat_map(|secret| secret.needles().into_iter().map(move |needle| (secret, needle)))
        .collect();
    let index = Index::new(needles.iter().map(|(_, needle)| needle.bytes.as_slice()));
    let mut findings = Vec::new();
    for haystack in haystacks {
        let mut seen = HashSet::new();
        index.search(&haystack.bytes, |which, offset| {
            let (secret, needle) = &needles[which];
            if seen.insert(which) {
                findings.push(Finding {
                    place: haystack.place.clone(),
                    secret: secret.name.clone(),
                    form: needle.form.clone(),
                    offset,
                    is_own_list: haystack.is_own_list && secret.listed,
                });
            }
        });
    }
    findings
}

/// Strings by the hash of their first bytes: one pass over a text finds all of them.
struct Index<'a> {
    strings: Vec<&'a [u8]>,
    places: Vec<Vec<usize>>,
}

const HASHED: usize = 6;
const HASH_BITS: u32 = 20;

impl<'a> Index<'a> {
    fn new(strings: impl Iterator<Item = &'a [u8]>) -> Self {
        let strings: Vec<_> = strings.collect();
        let mut places = vec![Vec::new(); 1 << HASH_BITS];
        for (which, string) in strings.iter().enumerate() {
            places[Self::hash(string)].push(which);
        }
        Self { strings, places }
    }

    fn search(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        for (offset, window) in text.windows(HASHED).enumerate() {
            for which in &self.places[Self::hash(window)] {
                if text[offset..].starts_with(self.strings[*which]) {
                    found(*which, offset);
                }
            }
        }
    }

    fn hash(string: &[u8]) -> usize {
        let [a, b, c, d, e, f] = *string.first_chunk::<HASHED>().expect("6 bytes at least");
        let number = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - HASH_BITS)) as usize
    }
}

/// Everything that both nodes have said to each other, logged, counted and written so far.
/// There are no traces beyond the log: a node exports none.
pub(crate) async fn everything(world: &World, tap: &Tap) -> Vec<Haystack> {
    let mut haystacks = messages(tap);
    for (name, bureau) in [("requester", &world.requester), ("owner", &world.owner)] {
        haystacks.push(Haystack::new(format!("log of the {name}"), world.log(name)));
        if let Some(page) = metrics_page(bureau).await {
            haystacks.push(Haystack::new(format!("metrics of the {name}"), page));
        }
        haystacks.extend(files(world, name, bureau));
    }
    haystacks
}

/// What the tap has recorded: as it was, and put together from its pieces.
fn messages(tap: &Tap) -> Vec<Haystack> {
    let mut haystacks = Vec::new();
    for (number, connection) in tap.recording().into_iter().enumerate() {
        for (way, said) in
            [("to the owner", connection.to_owner), ("to the requester", connection.to_requester)]
        {
            let place = format!("connection {number} {way}");
            for (id, stream) in Direction::read(&said).streams {
                let place = format!("{place}, call {id}");
                for (name, value) in stream.headers.iter().flatten() {
                    let header = [name, b": ".as_slice(), value].concat();
                    haystacks.push(Haystack::new(format!("{place}, header"), header));
                    if name.ends_with(b"-bin") {
                        let decoded = BINARY_HEADER.decode(value).unwrap();
                        haystacks.push(Haystack::new(format!("{place}, binary header"), decoded));
                    }
                }
                let messages = stream.messages().concat();
                haystacks.push(Haystack::new(format!("{place}, messages"), messages));
                haystacks.push(Haystack::new(format!("{place}, data"), stream.data));
            }
            haystacks.push(Haystack::new(place, said));
        }
    }
    haystacks
}

/// gRPC pads the base64 in its headers, or not.
const BINARY_HEADER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Contents and names of all files of a node: of its data folder, and of the working and temporary
/// folders that it was given.
fn files(world: &World, name: &str, bureau: &Bureau) -> Vec<Haystack> {
    let database = bureau.folder.database().display().to_string();
    let mut haystacks = Vec::new();
    let mut names = String::new();
    for folder in [bureau.folder.root(), &surroundings(world, name)] {
        for (path, bytes) in files_below(folder) {
            let short = path.strip_prefix(folder).unwrap().display().to_string();
            names.push_str(&format!("{short}\n"));
            haystacks.push(Haystack {
                place: format!("file {short} of the {name}"),
                bytes,
                // With what SQLite keeps beside the database.
                is_own_list: name == "owner" && path.display().to_string().starts_with(&database),
            });
        }
    }
    haystacks.push(Haystack::new(format!("file names of the {name}"), names));
    haystacks
}

/// The folder that is a node's working and temporary folder.
pub(crate) fn surroundings(world: &World, name: &str) -> std::path::PathBuf {
    world.scratch().join(format!("around-{name}"))
}

/// The page of a node that runs.
pub(crate) async fn metrics_page(bureau: &Bureau) -> Option<String> {
    let mut connection = TcpStream::connect(bureau.metrics).await.ok()?;
    let request = "GET /metrics HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    Some(page)
}
