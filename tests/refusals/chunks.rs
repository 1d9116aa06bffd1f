//! Only what was signed for, in order and whole, is evaluated.

use std::time::Duration;

use symbolon_exchange::{ChunkPosition, chunk_hash};
use symbolon_identifiers::IdentifierType;
use symbolon_proto::{
    partner::v1::{CheckRequest, check_request::Part},
    v1::SignedDocument,
};
use symbolon_store::LogRecord;
use symbolon_tests::{
    Offer, World,
    raw::{self, Question, chunk_message, header_message},
};
use tokio_stream::wrappers::ReceiverStream;

use crate::common::{LISTED, about_ships, assert_goes_on, counted, owners_log, ships};

/// Two scopes, so two chunks, of one element each.
fn two_chunks(world: &World) -> Question {
    let mut question = about_ships(world, &[LISTED]);
    let second = Question::new(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Email,
        &[("nobody@example.org", None)],
    );
    let mut scope = second.header.scopes[0].clone();
    let position = ChunkPosition { scope: 1, chunk: 0, elements: 1 };
    let chunk = second.chunks[0].clone();
    scope.chunk_hashes = vec![chunk_hash(&question.header.check_id, &position, &chunk)];
    question.header.scopes.push(scope);
    question.chunks.push(chunk);
    question
}

fn ships_and_mail() -> Offer {
    Offer { types: vec![IdentifierType::Imo, IdentifierType::Email], ..Offer::default() }
}

/// How a test spoils the messages of a check.
type Spoil = fn(&mut Vec<CheckRequest>);

fn flip_in_chunk(message: &mut CheckRequest) {
    if let Some(Part::Chunk(chunk)) = &mut message.part {
        let mut elements = chunk.elements.to_vec();
        elements[3] ^= 1;
        chunk.elements = elements.into();
    }
}

#[tokio::test]
async fn altered_missing_swapped_and_added_chunks_are_refused_and_the_check_can_be_repeated() {
    let world = World::new(&ships_and_mail()).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let spoiled: [(&str, &str, Spoil); 10] = [
        ("the first chunk altered", "chunk_altered", |m| flip_in_chunk(&mut m[1])),
        ("the second chunk altered", "chunk_altered", |m| flip_in_chunk(&mut m[2])),
        ("the chunks swapped", "chunk_altered", |m| m.swap(1, 2)),
        ("a chunk twice", "chunk_altered", |m| m[2] = m[1].clone()),
        ("an empty chunk between", "chunk_altered", |m| m.insert(2, chunk_message(Vec::new()))),
        ("the last chunk missing", "chunk_missing", |m| m.truncate(2)),
        ("all chunks missing", "chunk_missing", |m| m.truncate(1)),
        ("the header twice", "header_invalid", |m| m.insert(1, m[0].clone())),
        ("the header again in the middle", "header_invalid", |m| m.insert(2, m[0].clone())),
        ("a message without content", "invalid_argument", |m| m.insert(1, CheckRequest::default())),
    ];
    let mut honest = 0;
    for (what, reason, spoil) in spoiled {
        let question = two_chunks(&world);
        let mut messages = question.messages(&key);
        spoil(&mut messages);
        let status = raw::send(&mut client, messages).await.expect_err(what);
        assert_eq!(raw::reason_of(&status), reason, "{what}");
        // The header was counted; its honest repetition is answered and not counted again.
        let answers = raw::send(&mut client, question.messages(&key)).await.unwrap();
        assert_eq!(answers.len(), 3, "{what}");
        honest += 2;
        assert_eq!(counted(&world).await, honest, "{what}");
    }
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn what_does_not_begin_with_a_sound_header_is_refused_and_not_counted() {
    let world = World::new(&ships(2)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let question = about_ships(&world, &[LISTED]);
    let [header, chunk]: [_; 2] = question.messages(&key).try_into().unwrap();

    let mut empty_scopes = about_ships(&world, &[LISTED]);
    empty_scopes.header.scopes.clear();
    let mut scope_twice = about_ships(&world, &[LISTED]);
    scope_twice.header.scopes.push(scope_twice.header.scopes[0].clone());
    let mut no_elements = about_ships(&world, &[LISTED]);
    no_elements.header.scopes[0].elements = 0;
    let mut too_few_hashes = about_ships(&world, &[LISTED]);
    too_few_hashes.header.scopes[0].elements = 16_385;
    let mut too_many = about_ships(&world, &[LISTED]);
    too_many.header.scopes[0].elements = u32::MAX;
    let mut strange_purpose = about_ships(&world, &[LISTED]);
    strange_purpose.header.purpose = "Robert'); DROP TABLE log_entries;--".to_owned();
    let mut short_commitment = about_ships(&world, &[LISTED]);
    short_commitment.header.commitments.officer.pop();
    let garbage = SignedDocument {
        document: vec![0xff; 4_096],
        public_key: vec![1; 7],
        signature: Vec::new(),
    };
    let refused: Vec<(&str, Vec<CheckRequest>)> = vec![
        ("nothing at all", Vec::new()),
        ("a chunk first", vec![chunk.clone(), header]),
        ("garbage for a header", vec![header_message(garbage), chunk]),
        ("an empty header", vec![header_message(SignedDocument::default())]),
        ("no scopes", empty_scopes.messages(&key)),
        ("a scope twice", scope_twice.messages(&key)),
        ("no elements", no_elements.messages(&key)),
        ("fewer hashes than chunks", too_few_hashes.messages(&key)),
        ("more elements than there may be", too_many.messages(&key)),
        ("a purpose that is no code", strange_purpose.messages(&key)),
        ("a short commitment", short_commitment.messages(&key)),
    ];
    for (what, messages) in refused {
        let status = raw::send(&mut client, messages).await.expect_err(what);
        assert_eq!(raw::reason_of(&status), "header_invalid", "{what}");
    }
    assert_eq!(counted(&world).await, 0);
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_message_after_the_last_chunk_is_refused() {
    let world = World::new(&ships(10)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let cases: [(&str, Spoil); 2] = [
        ("an empty chunk after the last", |m| m.push(chunk_message(Vec::new()))),
        ("the last chunk twice", |m| m.push(m[1].clone())),
    ];
    for (what, spoil) in cases {
        let mut messages = about_ships(&world, &[LISTED]).messages(&key);
        spoil(&mut messages);
        let status = raw::send(&mut client, messages).await.expect_err(what);
        assert_eq!(raw::reason_of(&status), "chunk_altered", "{what}");
    }
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_requester_that_vanishes_within_a_check_is_logged_and_holds_up_nobody() {
    let world = World::new(&ships_and_mail()).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let question = two_chunks(&world);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let (sender, requests) = tokio::sync::mpsc::channel(4);
    let mut messages = question.messages(&key).into_iter();
    sender.send(messages.next().unwrap()).await.unwrap();
    sender.send(messages.next().unwrap()).await.unwrap();
    let mut answers = client.check(ReceiverStream::new(requests)).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    // The connection goes away with everything that uses it.
    drop((sender, answers, client));

    let broke_off = async {
        loop {
            let found = owners_log(&world).await.into_iter().find_map(|record| match record {
                LogRecord::CheckAnswered { check, answered, broke_off, .. }
                    if check == question.header.check_id =>
                {
                    Some((answered, broke_off))
                }
                _ => None,
            });
            if let Some(found) = found {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (answered, reason) = tokio::time::timeout(Duration::from_secs(5), broke_off).await.unwrap();
    assert_eq!((answered, reason.as_deref()), (1, Some("chunk_missing")));

    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let answers = raw::send(&mut client, question.messages(&key)).await.unwrap();
    assert_eq!(answers.len(), 3);
    assert_eq!(counted(&world).await, 2);
    assert_goes_on(&world).await;
}
