//! Names to addresses, without those that are never a registry's.

use super::hop::is_forbidden;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;

/// Why a name leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LookupError {
    /// It has no address.
    #[error("its name has no address")]
    NoAddress,
    /// All its addresses are link-local or metadata addresses.
    #[error("its name stands for a link-local or metadata address")]
    Forbidden,
}

/// The system's own lookup, as every other program uses it, and then the filter: a name that anybody may
/// choose must not lead to the cloud's metadata service. Private addresses pass, since many companies keep
/// their registry there; encryption and the name in the certificate stand before those.
pub(super) struct Lookup;

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            // The port is filled in by the caller.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let all: Vec<SocketAddr> = found.map_err(|_| LookupError::NoAddress)?.collect();
            Ok(Box::new(permitted(all)?.into_iter()) as Addrs)
        })
    }
}

fn permitted(all: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, LookupError> {
    if all.is_empty() {
        return Err(LookupError::NoAddress);
    }
    let kept: Vec<SocketAddr> = all.into_iter().filter(|address| !is_forbidden(address.ip())).collect();
    if kept.is_empty() { Err(LookupError::Forbidden) } else { Ok(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_dropped() {
        let address = |text: &str| -> SocketAddr { text.parse().unwrap() };
        let (metadata, public) = (address("169.254.169.254:0"), address("192.0.2.1:0"));
        assert_eq!(permitted(vec![metadata, public]), Ok(vec![public]));
        assert_eq!(permitted(vec![metadata]), Err(LookupError::Forbidden));
        assert_eq!(permitted(vec![]), Err(LookupError::NoAddress));
        assert_eq!(permitted(vec![address("10.0.0.1:0")]), Ok(vec![address("10.0.0.1:0")]));
    }
}
