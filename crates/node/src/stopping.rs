use tokio::sync::watch;

/// Resolves when `stopped` says so.
pub(crate) async fn until_stopped(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stopped.wait_for(|stopping| *stopping).await;
}
