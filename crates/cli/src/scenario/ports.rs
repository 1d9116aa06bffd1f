use std::{
    net::{SocketAddr, TcpListener},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::CliError;

const FIRST_PORT: u32 = 12_000;
const PORTS: u32 = 20_000;

/// Loopback addresses that were free a moment ago, below the range from which systems take the ports
/// of connections that go out: else one of those could take a port before its node does.
pub(crate) fn free_ports<const N: usize>() -> Result<[SocketAddr; N], CliError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(61);
    let mut free = (0..PORTS).filter_map(|_| {
        let number = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS;
        let port = u16::try_from(FIRST_PORT.saturating_add(number)).ok()?;
        TcpListener::bind(("127.0.0.1", port)).ok()?.local_addr().ok()
    });
    let found: Vec<_> = free.by_ref().take(N).collect();
    found
        .try_into()
        .map_err(|_| CliError::new("port", "no free port on 127.0.0.1 from 12,000 to 31,999"))
}
