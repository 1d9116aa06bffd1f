//! What is no valid element is not evaluated, and what was not counted is not either.

use symbolon_exchange::{ChunkPosition, chunk_hash};
use symbolon_identifiers::IdentifierType;
use symbolon_tests::{
    World,
    raw::{self, Question},
};

use crate::common::{LISTED, UNLISTED, about_ships, assert_goes_on, counted, ships};

/// A check whose header says `count` elements and whose one chunk, signed for, is `bytes`.
fn signed_for(world: &World, count: u32, bytes: Vec<u8>) -> Question {
    let mut question = about_ships(world, &[LISTED]);
    let scope = &mut question.header.scopes[0];
    scope.elements = count;
    let position = ChunkPosition { scope: 0, chunk: 0, elements: usize::try_from(count).unwrap() };
    scope.chunk_hashes = vec![chunk_hash(&question.header.check_id, &position, &bytes)];
    question.chunks = vec![bytes];
    question
}

#[tokio::test]
async fn invalid_elements_are_refused_before_the_key_touches_one() {
    let world = World::new(&ships(1_000)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let valid = about_ships(&world, &[LISTED]).chunks[0].clone();
    // 2^255 - 19, which is 0 written otherwise.
    let mut not_canonical = vec![0xff; 32];
    not_canonical[0] = 0xed;
    not_canonical[31] = 0x7f;
    let mut negative = vec![0; 32];
    negative[0] = 1;
    let mut high_bit = valid.clone();
    high_bit[31] |= 0x80;
    let invalid = [
        ("the identity", vec![0; 32]),
        ("not canonical", not_canonical),
        ("negative", negative),
        ("a high bit", high_bit),
        ("no point", vec![0xff; 32]),
        ("one byte short", valid[..31].to_vec()),
        ("one byte long", [valid.as_slice(), &[0]].concat()),
        ("nothing", Vec::new()),
    ];
    for (what, bytes) in invalid {
        let question = signed_for(&world, 1, bytes);
        let status = raw::send(&mut client, question.messages(&key)).await.expect_err(what);
        assert_eq!(raw::reason_of(&status), "element_invalid", "{what}");
    }
    // One bad element among good ones: nothing of the chunk is answered.
    for place in 0..3 {
        let mut elements = valid.repeat(3);
        elements[place * 32..(place + 1) * 32].fill(0);
        let question = Question::of_elements(
            &world.agreement,
            &world.requester,
            &world.owner,
            IdentifierType::Imo,
            elements,
        );
        let mut answers =
            client.check(tokio_stream::iter(question.messages(&key))).await.unwrap().into_inner();
        let status = answers.message().await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "element_invalid");
    }
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_chunk_with_more_or_fewer_elements_than_were_counted_is_refused() {
    let world = World::new(&ships(10)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let two = about_ships(&world, &[LISTED, UNLISTED]).chunks[0].clone();
    let cases = [
        ("two for one", 1, two.clone()),
        ("fifty for two", 2, two.repeat(25)),
        ("one for two", 2, two[..32].to_vec()),
    ];
    for (what, count, bytes) in cases {
        let question = signed_for(&world, count, bytes);
        let answered = raw::send(&mut client, question.messages(&key)).await;
        let status = answered.expect_err(what);
        let reason = raw::reason_of(&status);
        assert!(
            ["element_invalid", "chunk_altered"].contains(&reason.as_str()),
            "{what}: {reason}"
        );
    }
    // What the headers say, and no more, was counted.
    assert_eq!(counted(&world).await, 5);
    assert_goes_on(&world).await;
}
