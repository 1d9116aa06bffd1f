//! A bureau whose own node the test runs, with the faults of the mock between its faces and the network.

use std::{thread::JoinHandle, time::Duration};

use symbolon_cli::scenario::Bureau;
use symbolon_mock::Faults;
use symbolon_node::Node;
use symbolon_store::NodeConfig;
use tokio::{runtime::Builder, sync::oneshot};

/// Such a node; it does nothing wrong until told otherwise.
pub struct MisbehavingNode {
    /// What it does wrong.
    pub faults: Faults,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl MisbehavingNode {
    /// Takes the place of the bureau's node, which must not run.
    pub async fn of(bureau: &Bureau) -> Self {
        let mut config = NodeConfig::read(&bureau.folder).unwrap();
        // What is never answered must not hold up its end.
        config.stop_grace_seconds = 1;
        config.write(&bureau.folder).unwrap();
        let faults = Faults::of(&bureau.folder).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        let (folder, wires) =
            (bureau.folder.clone(), (faults.partner_wire(), faults.bureau_wire()));
        // A runtime of its own, so that its connections end with it.
        let thread = std::thread::spawn(move || {
            let runtime =
                Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let node = Node::prepare(folder).await.unwrap();
                ready.send(()).unwrap();
                let stop = async {
                    let _ = stopped.await;
                };
                node.run_behind(wires.0, wires.1, stop).await.unwrap();
            });
            runtime.shutdown_timeout(Duration::from_secs(5));
        });
        is_ready.await.unwrap();
        Self { faults, running: Some((stop, thread)) }
    }

    /// Ends it, with all its connections: its ports are free again.
    pub async fn stop(mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
        }
    }
}
