use symbolon_policy::Refusal;
use symbolon_proto::bureau::v1::{
    BeginStandingResponse, CheckResponse, MatchStandingResponse, UpdateStandingResponse,
    begin_standing_response, check_response, match_standing_response, update_standing_response,
};

use super::mapping::{Mapped, write};

/// The events of a check as one object, written while they come: `started`, `rejected`, `answers`,
/// `finished`, in that order, which is that of the events.
#[derive(Default)]
pub(super) struct CollectedCheck {
    rejected: List,
    answers: List,
}

/// The elements of a list that is being written.
#[derive(Default)]
struct List {
    is_open: bool,
}

impl List {
    /// What stands before an element: `first` before the first, `between` before the others.
    fn before(&mut self, first: &'static str, between: &'static str) -> &'static str {
        if std::mem::replace(&mut self.is_open, true) { between } else { first }
    }
}

impl CollectedCheck {
    /// What an event adds to the text.
    pub(super) fn piece(&mut self, event: CheckResponse) -> Result<Vec<u8>, Refusal> {
        use check_response::Event;
        match event.event {
            None => Ok(Vec::new()),
            Some(Event::Started(started)) => Ok(join(&[b"{\"started\":", &write(&started)?])),
            Some(Event::Rejected(rejected)) => Ok(join(&[
                self.rejected.before(",\"rejected\":[", ",").as_bytes(),
                &write(&rejected)?,
            ])),
            Some(Event::Answers(answers)) => {
                let before = self.before_answers();
                Ok(join(&[before.as_bytes(), &write(&answers)?]))
            }
            Some(Event::Finished(finished)) => {
                let empty = if self.answers.is_open { "" } else { self.before_answers() };
                Ok(join(&[empty.as_bytes(), b"],\"finished\":", &write(&finished)?, b"}"]))
            }
        }
    }

    fn before_answers(&mut self) -> &'static str {
        let open = if self.rejected.is_open {
            "],\"answers\":["
        } else {
            ",\"rejected\":[],\"answers\":["
        };
        self.answers.before(open, ",")
    }
}

/// The events of a match as one object, written while they are made: `lists`, each with its `source`
/// and its `hits`, and `matched`.
#[derive(Default)]
pub(super) struct CollectedMatch {
    lists: List,
    hits: List,
}

impl CollectedMatch {
    /// What an event adds to the text.
    pub(super) fn piece(&mut self, event: MatchStandingResponse) -> Result<Vec<u8>, Refusal> {
        use match_standing_response::Event;
        match event.event {
            None => Ok(Vec::new()),
            Some(Event::Source(source)) => {
                self.hits = List::default();
                let before = self.lists.before("{\"lists\":[{\"source\":", "]},{\"source\":");
                Ok(join(&[before.as_bytes(), &write(&source)?, b",\"hits\":["]))
            }
            Some(Event::Hits(hits)) => {
                let mut text = Vec::new();
                for hit in &hits.hits {
                    text.extend_from_slice(self.hits.before("", ",").as_bytes());
                    text.extend_from_slice(&write(hit)?);
                }
                Ok(text)
            }
            Some(Event::Matched(matched)) => {
                let end = if self.lists.is_open { "]}]" } else { "{\"lists\":[]" };
                Ok(join(&[end.as_bytes(), b",\"matched\":", &write(&matched)?, b"}"]))
            }
        }
    }
}

/// What came of beginning or changing a standing check, as one object.
#[derive(Default)]
pub(super) struct CollectedKept {
    rejected: Vec<Vec<u8>>,
    sources: Vec<Vec<u8>>,
    kept: Vec<u8>,
}

impl CollectedKept {
    pub(super) fn begun(
        events: impl IntoIterator<Item = BeginStandingResponse>,
    ) -> Result<Vec<u8>, Refusal> {
        use begin_standing_response::Event;
        let mut collected = Self::default();
        for event in events {
            match event.event {
                None => {}
                Some(Event::Rejected(rejected)) => collected.rejected.push(write(&rejected)?),
                Some(Event::Source(source)) => collected.sources.push(write(&source)?),
                Some(Event::Kept(kept)) => collected.kept = write(&kept)?,
            }
        }
        Ok(collected.text())
    }

    pub(super) fn updated(
        events: impl IntoIterator<Item = UpdateStandingResponse>,
    ) -> Result<Vec<u8>, Refusal> {
        use update_standing_response::Event as Updated;
        Self::begun(events.into_iter().map(|event| BeginStandingResponse {
            event: event.event.map(|event| match event {
                Updated::Rejected(rejected) => begin_standing_response::Event::Rejected(rejected),
                Updated::Source(source) => begin_standing_response::Event::Source(source),
                Updated::Kept(kept) => begin_standing_response::Event::Kept(kept),
            }),
        }))
    }

    fn text(self) -> Vec<u8> {
        let (rejected, sources) = (self.rejected.join(&b','), self.sources.join(&b','));
        join(&[
            b"{\"rejected\":[",
            &rejected,
            b"],\"sources\":[",
            &sources,
            b"],\"kept\":",
            &self.kept,
            b"}",
        ])
    }
}

/// A message as a line of its own.
pub(super) fn line<T: Mapped>(message: &T) -> Result<Vec<u8>, Refusal> {
    let mut text = write(message)?;
    text.push(b'\n');
    Ok(text)
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}
