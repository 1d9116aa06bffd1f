//! The calls about logs, by hand: bounds, proofs, and what is refused.

use symbolon_exchange::{MAX_CHECKPOINTS, read_checkpoint};
use symbolon_ledger::{ConsistencyProof, MAX_NOTE_LEN};
use symbolon_proto::partner::v1::{
    ExchangeCheckpointsRequest, GetLogCheckpointRequest, GetLogConsistencyRequest,
};
use symbolon_tests::{World, raw};

use crate::common::{ask_and_settle, ships};

#[tokio::test]
async fn a_partner_gets_proofs_that_hold_and_clear_refusals() {
    let world = World::new(&ships()).await;
    ask_and_settle(&world, 1).await;
    let id = world.agreement.terms().id.to_string();
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let key = world.owner.card.keys.log;
    let mut newest = async |known_size| {
        let request = GetLogCheckpointRequest { agreement_id: id.clone(), known_size };
        let answer = client.get_log_checkpoint(request).await.unwrap().into_inner();
        let signed = read_checkpoint(&answer.checkpoint, &world.owner.code, &key).unwrap();
        (signed.checkpoint().clone(), answer.consistency_proof)
    };
    let (second, proof) = newest(0).await;
    assert!(second.size > 2 && proof.is_empty());
    let (same, proof) = newest(second.size).await;
    assert_eq!((&same, proof.len()), (&second, 0));
    // Of a size that was never signed, the store knows the root all the same.
    let store = world.owner.store().await.unwrap();
    let first_root = store.log_root(2).await.unwrap();
    store.close().await;
    let (later, proof) = newest(2).await;
    let proof = ConsistencyProof::from_bytes(&proof).unwrap();
    proof.verify(2, &first_root, later.size, &later.root).unwrap();

    let mut consistency = async |agreement_id: &str, first_size, second_size| {
        let agreement_id = agreement_id.to_owned();
        let request = GetLogConsistencyRequest { agreement_id, first_size, second_size };
        client
            .get_log_consistency(request)
            .await
            .map(|answer| answer.into_inner().consistency_proof)
    };
    let proof = consistency(&id, 2, second.size).await.unwrap();
    let proof = ConsistencyProof::from_bytes(&proof).unwrap();
    proof.verify(2, &first_root, second.size, &second.root).unwrap();
    for (first, size, reason) in [
        (0, 2, "invalid_argument"),
        (3, 2, "invalid_argument"),
        (1, u64::MAX, "log_size_unknown"),
        (u64::MAX, u64::MAX, "log_size_unknown"),
    ] {
        let status = consistency(&id, first, size).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), reason, "{first} {size}");
    }
    let status = consistency("no-such-agreement", 1, 2).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");

    let mut exchange = async |checkpoints| {
        let request = ExchangeCheckpointsRequest { agreement_id: id.clone(), checkpoints };
        client.exchange_checkpoints(request).await.map(|answer| answer.into_inner().checkpoints)
    };
    // Whatever is shown that is no checkpoint of a known log is left out, and hurts nobody.
    let shown = exchange(vec![Vec::new(), b"nonsense".to_vec()]).await.unwrap();
    let ours = &world.requester;
    assert!(
        shown.iter().any(|note| read_checkpoint(note, &ours.code, &ours.card.keys.log).is_ok()),
        "the owner shows what it follows: the requester's log"
    );
    for many in [vec![Vec::new(); MAX_CHECKPOINTS + 1], vec![vec![b'x'; MAX_NOTE_LEN + 1]]] {
        let status = exchange(many).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "limit_exceeded");
    }
    ask_and_settle(&world, 1).await;
}
