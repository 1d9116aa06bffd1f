use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use symbolon_client::{Compute, Pipeline, Stopped};

#[tokio::test]
async fn results_come_in_the_order_of_the_pieces_however_long_each_takes() {
    let mut pipeline = Pipeline::new(&Compute::default(), 4);
    let mut results = Vec::new();
    for piece in 0..40_u64 {
        let work = move || {
            thread::sleep(Duration::from_millis((piece * 7) % 5));
            piece
        };
        results.extend(pipeline.push(work).await.unwrap());
    }
    while let Some(result) = pipeline.next().await.unwrap() {
        results.push(result);
    }
    assert_eq!(results, (0..40).collect::<Vec<_>>());
    assert!(pipeline.is_empty());
}

#[tokio::test]
async fn no_more_pieces_are_under_way_than_were_allowed() {
    let mut pipeline = Pipeline::new(&Compute::default(), 3);
    let begun = Arc::new(AtomicUsize::new(0));
    let mut finished = 0;
    for _ in 0..30 {
        let counted = Arc::clone(&begun);
        let work = move || {
            counted.fetch_add(1, SeqCst);
        };
        finished += usize::from(pipeline.push(work).await.unwrap().is_some());
        assert!(begun.load(SeqCst) <= finished + 3);
    }
}

#[tokio::test]
async fn a_piece_that_panics_stops_the_job() {
    let mut pipeline = Pipeline::new(&Compute::default(), 2);
    pipeline.push(|| 1).await.unwrap();
    pipeline.push(|| panic!("on purpose")).await.unwrap();
    assert_eq!(pipeline.next().await, Ok(Some(1)));
    assert_eq!(pipeline.next().await, Err(Stopped));
    assert_eq!(pipeline.next().await, Ok(None));
}
