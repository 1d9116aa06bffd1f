//! The owner cannot tell hits from no hits: neither from what it is sent nor from how.

use std::collections::BTreeMap;

use prost::Message as _;
use symbolon_identifiers::IdentifierType;
use symbolon_proto::{
    partner::v1::{CheckRequest, CheckResponse, check_request, check_response},
    v1,
};
use symbolon_tests::{World, tap::Tap, world::outcomes};

use crate::{
    hpack::Field,
    inspection::metrics_page,
    run::{CHECK, Call, DOWNLOAD, Plan, calls, tapped},
};

const LIST: &str = "record_id,identifier_type,value,country\n\
    R1,vin,1M8GDM9AXKP042788,\n\
    R2,email,wanted@example.org,\n\
    R3,email,person@example.org,\n";

const HITS: [(&str, &str, &str); 3] = [
    ("vin", "1M8GDM9AXKP042788", ""),
    ("email", "wanted@example.org", ""),
    ("email", "person@example.org", ""),
];

const NO_HITS: [(&str, &str, &str); 3] = [
    ("vin", "WVWZZZ1JZXW000001", ""),
    ("email", "nobody@example.org", ""),
    ("email", "no-one@example.org", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_hits_looks_like_a_check_of_no_hits_to_the_owner_and_in_logs_and_metrics() {
    let mut tap = Tap::new().await;
    let types = [IdentifierType::Vin, IdentifierType::Email];
    let world = tapped(&mut tap, LIST, &types, &Plan::default()).await;
    // The first check is like all others, but a connection may be new.
    world.ask(&HITS).await;

    let mut seen = Vec::new();
    for (question, outcome) in
        [(HITS, "hit"), (NO_HITS, "no_hit"), (NO_HITS, "no_hit"), (HITS, "hit")]
    {
        let before = Trace::of(&world, &tap).await;
        assert_eq!(outcomes(&world.ask(&question).await), [outcome; 3]);
        let after = Trace::of(&world, &tap).await;
        seen.push(after.since(before));
    }
    assert_eq!(seen[0].checks.len(), 1);
    assert_eq!(seen[0].checks[0].from_requester.len(), 3);
    assert_eq!(seen[0].checks[0].from_owner.len(), 3);
    assert!(!seen[0].log_lines.is_empty() && !seen[0].counted.is_empty());
    for other in &seen[1..] {
        assert_eq!(&seen[0], other);
    }
}

/// What can be seen from outside the sealed store.
#[derive(PartialEq, Debug)]
struct Trace {
    checks: Vec<Shape>,
    downloads: usize,
    log_lines: Vec<serde_json::Value>,
    counted: BTreeMap<String, f64>,
}

/// A check on the wire without what is random in it or only counts on: identities, keys, hashes and
/// times.
#[derive(PartialEq, Debug)]
struct Shape {
    headers: [Vec<Vec<Field>>; 2],
    from_requester: Vec<usize>,
    from_owner: Vec<usize>,
}

impl Trace {
    async fn of(world: &World, tap: &Tap) -> Self {
        let calls = calls(tap);
        let mut log_lines = Vec::new();
        let mut counted = BTreeMap::new();
        for (name, bureau) in [("requester", &world.requester), ("owner", &world.owner)] {
            // What happens by the clock says nothing of a check and comes when it comes.
            let log = world.log(name);
            let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
            log_lines.extend(lines.filter(of_a_check).map(without_identity));
            let page = metrics_page(bureau).await.unwrap();
            let counts = page.lines().filter_map(|line| line.rsplit_once(' '));
            counted.extend(counts.filter(|(counter, _)| is_counter(counter)).map(
                |(counter, value)| (format!("{name} {counter}"), value.parse::<f64>().unwrap()),
            ));
        }
        Self {
            downloads: calls.iter().filter(|call| call.path() == DOWNLOAD).count(),
            checks: calls.iter().filter(|call| call.path() == CHECK).map(Shape::of).collect(),
            log_lines,
            counted,
        }
    }

    fn since(mut self, before: Self) -> Self {
        self.checks.drain(..before.checks.len());
        self.downloads -= before.downloads;
        // Lines of both nodes, and those of the requester come first.
        for line in before.log_lines {
            let place = self.log_lines.iter().position(|known| *known == line).unwrap();
            self.log_lines.remove(place);
        }
        for (counter, value) in &mut self.counted {
            *value -= before.counted.get(counter).copied().unwrap_or_default();
        }
        self
    }
}

fn of_a_check(line: &serde_json::Value) -> bool {
    !line["fields"]["check"].is_null()
}

fn without_identity(mut line: serde_json::Value) -> serde_json::Value {
    line["timestamp"].take();
    line["fields"]["check"].take();
    line
}

/// Counters, and of histograms how often something was measured, but not what a clock drives.
fn is_counter(name: &str) -> bool {
    let name = name.split('{').next().unwrap_or_default();
    (name.ends_with("_total") || name.ends_with("_count")) && !name.contains("sync")
}

impl Shape {
    fn of(call: &Call) -> Self {
        let headers = [&call.question, &call.answer].map(|half| {
            let mut headers = half.headers.clone();
            for fields in &mut headers {
                fields.retain(|(name, _)| name != b"date");
            }
            headers
        });
        let from_requester = call.question.messages().into_iter().map(question_len).collect();
        let from_owner = call.answer.messages().into_iter().map(answer_len).collect();
        Self { headers, from_requester, from_owner }
    }
}

fn question_len(message: &[u8]) -> usize {
    let mut message = CheckRequest::decode(message).unwrap();
    if let Some(check_request::Part::Header(signed)) = &mut message.part {
        let mut header = v1::CheckHeader::decode(signed.document.as_slice()).unwrap();
        // Numbers are as long as they are large, and a time's nanoseconds are any.
        header.issued_at = None;
        signed.document = header.encode_to_vec();
    }
    message.encoded_len()
}

fn answer_len(message: &[u8]) -> usize {
    let mut message = CheckResponse::decode(message).unwrap();
    if let Some(check_response::Part::Receipt(signed)) = &mut message.part {
        let mut receipt = v1::Receipt::decode(signed.document.as_slice()).unwrap();
        receipt.issued_at = None;
        receipt.entry_index = 0;
        // As long as the owner's log is large, whatever was asked.
        receipt.checkpoint.clear();
        receipt.inclusion_proof.clear();
        signed.document = receipt.encode_to_vec();
    }
    message.encoded_len()
}
