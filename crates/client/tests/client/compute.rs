use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use symbolon_client::{Compute, Stopped};
use tokio::{task::JoinSet, time::timeout};

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

#[tokio::test]
async fn work_gives_its_result() {
    assert_eq!(Compute::default().run(|| 6 * 7).await, Ok(42));
}

#[tokio::test]
async fn never_more_is_computed_at_once_than_there_are_cores() {
    let compute = Compute::default();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..cores() * 8 {
        // All copies share the cores.
        let (compute, running, most) = (compute.clone(), Arc::clone(&running), Arc::clone(&most));
        tasks.spawn(async move {
            let work = move || {
                most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                thread::sleep(Duration::from_millis(20));
                running.fetch_sub(1, SeqCst);
            };
            compute.run(work).await
        });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    assert_eq!(most.load(SeqCst), cores());
}

#[tokio::test]
async fn work_that_panics_is_stopped_and_gives_its_core_back() {
    let compute = Compute::default();
    for _ in 0..cores() * 2 {
        let panicking = compute.run(|| -> u8 { panic!("on purpose") });
        let done = timeout(Duration::from_secs(10), panicking).await.unwrap();
        assert_eq!(done, Err(Stopped));
    }
    let after = timeout(Duration::from_secs(10), compute.run(|| 1)).await.unwrap();
    assert_eq!(after, Ok(1));
}

#[tokio::test]
async fn work_that_nobody_waits_for_any_more_keeps_its_core_until_it_is_done() {
    let compute = Compute::default();
    let running = Arc::new(AtomicUsize::new(0));
    for _ in 0..cores() {
        let counted = Arc::clone(&running);
        let abandoned = compute.run(move || {
            counted.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(800));
            counted.fetch_sub(1, SeqCst);
        });
        timeout(Duration::from_millis(30), abandoned).await.unwrap_err();
    }
    let seen = Arc::clone(&running);
    let at_start = compute.run(move || seen.load(SeqCst)).await.unwrap();
    assert!(at_start < cores(), "{at_start}");
}

#[tokio::test]
async fn the_runtime_goes_on_while_work_is_done() {
    let compute = Compute::default();
    let long =
        tokio::spawn(
            async move { compute.run(|| thread::sleep(Duration::from_millis(300))).await },
        );
    let mut ticks = 0;
    while !long.is_finished() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        ticks += 1;
    }
    assert!(ticks > 5, "{ticks}");
    long.await.unwrap().unwrap();
}
