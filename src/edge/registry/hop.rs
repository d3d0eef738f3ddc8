//! Where a registry may send the client: one rule for redirects and for token servers.
//!
//! A Compose file chooses the registry, and the registry chooses where to go next. Neither may reach what
//! only this machine can: the cloud's metadata service, or the services of a private network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Names under which clouds serve credentials to their machines.
const METADATA_NAMES: [&str; 3] = ["metadata", "metadata.google.internal", "instance-data"];

/// Whether the client may follow from `from`, a URL of the registry that was asked, to `to`.
///
/// Only http and https, never from https down to http, no user or password in the URL, never a link-local or
/// metadata address, and a private address only where the registry has one itself. Other spellings of an
/// address (decimal, hexadecimal, mapped into IPv6) are the same address, as [`Url`] reads them.
///
/// # Errors
/// Why not, in words for a message.
pub(super) fn check_hop(from: &Url, to: &Url) -> Result<(), String> {
    check_start(to)?;
    let shown = to.host_str().unwrap_or_default();
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(format!("{shown} without encryption"));
    }
    if from.host() != to.host() && is_private(to) && !is_private(from) {
        return Err(format!("{shown}, a private address"));
    }
    Ok(())
}

/// Whether a URL may be asked at all, whoever names it.
///
/// # Errors
/// Why not, in words for a message.
pub(super) fn check_start(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("a URL with `{}:`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with a user in it".to_owned());
    }
    let is_metadata = match url.host() {
        Some(Host::Ipv4(address)) => is_forbidden(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_forbidden(IpAddr::V6(address)),
        Some(Host::Domain(name)) => METADATA_NAMES.contains(&name.trim_end_matches('.')),
        None => return Err("a URL without host".to_owned()),
    };
    match is_metadata {
        true => Err(format!("{}, a link-local or metadata address", url.host_str().unwrap_or_default())),
        false => Ok(()),
    }
}

/// Whether an address is never a registry's: link-local ones, among them the metadata services of the
/// clouds, and the few metadata addresses that lie elsewhere.
pub(super) fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_forbidden_v4(address),
        IpAddr::V6(address) => {
            let segments = address.segments();
            // AWS and Google Cloud serve metadata at fd00:ec2::254 and fd20:ce::254.
            let is_metadata = segments[..2] == [0xfd00, 0x0ec2] || segments[..2] == [0xfd20, 0x00ce];
            segments[0] & 0xffc0 == 0xfe80
                || address.is_unspecified()
                || is_metadata
                || embedded(address).is_some_and(is_forbidden_v4)
        }
    }
}

fn is_forbidden_v4(address: Ipv4Addr) -> bool {
    // Alibaba Cloud and Oracle Cloud serve metadata at addresses that are not link-local.
    const ELSEWHERE: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
    address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || ELSEWHERE.contains(&address)
}

/// The IPv4 address inside one of IPv6: mapped (`::ffff:0:0/96`), compatible (`::/96`) or translated
/// (`64:ff9b::/96`).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let is_prefixed = matches!(segments[..6], [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0]);
    let is_own = address.is_loopback() || address.is_unspecified();
    let [.., a, b, c, d] = address.octets();
    (is_prefixed && !is_own).then(|| Ipv4Addr::new(a, b, c, d))
}

/// Whether a URL's host is this machine or one of a private network, as far as the URL itself says so.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_private_v4(address),
        Some(Host::Ipv6(address)) => {
            address.is_loopback()
                || address.segments()[0] & 0xfe00 == 0xfc00
                || embedded(address).is_some_and(is_private_v4)
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_loopback() || address.is_private() || (first == 100 && second & 0xc0 == 64)
}

/// Whether a registry's password may go to a token server that the registry names: to the same host; else to
/// one of the same site, and only encrypted.
pub(super) fn may_have_password(registry: &Url, realm: &Url) -> bool {
    if registry.host() == realm.host() {
        return true;
    }
    let (Some(Host::Domain(registry)), Some(Host::Domain(host))) = (registry.host(), realm.host()) else {
        return false;
    };
    realm.scheme() == "https" && site(registry).is_some_and(|own| site(host) == Some(own))
}

/// The part of a host name that one owner holds: two labels, or three below a short second label of a
/// country (`co.uk`, `com.au`). `None` for a name of one label.
fn site(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.trim_end_matches('.').rsplit('.').collect();
    let wanted = match labels.as_slice() {
        [country, second, _, ..] if country.len() == 2 && second.len() <= 3 => 3,
        [_, _, ..] => 2,
        _ => return None,
    };
    let length: usize = labels.iter().take(wanted).map(|label| label.len() + 1).sum::<usize>() - 1;
    let host = host.trim_end_matches('.');
    host.get(host.len().checked_sub(length)?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn allowed(from: &str, to: &str) -> bool {
        check_hop(&url(from), &url(to)).is_ok()
    }

    #[test]
    fn usual_ways_are_open() {
        assert!(allowed("https://registry-1.docker.io/v2/", "https://auth.docker.io/token"));
        assert!(allowed("https://lscr.io/v2/", "https://ghcr.io/v2/"));
        assert!(allowed("http://127.0.0.1:5004/", "http://127.0.0.1:5005/token"));
        assert!(allowed("https://10.0.0.5/", "https://10.0.0.6/token"));
        assert!(allowed("http://localhost:5000/", "https://127.0.0.1/token"));
    }

    #[test]
    fn metadata_is_out_of_reach_in_every_spelling() {
        for to in [
            "http://169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::169.254.169.254]/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://metadata.google.internal/",
            "http://metadata.google.internal./",
            "http://100.100.100.200/",
            "http://0.0.0.0/",
            "file:///etc/passwd",
            "gopher://x/",
        ] {
            for from in ["http://127.0.0.1:5004/", "https://ghcr.io/", "http://10.0.0.5/"] {
                assert!(!allowed(from, to), "{from} -> {to}");
            }
            assert!(check_start(&url(to)).is_err(), "{to}");
        }
    }

    #[test]
    fn a_public_registry_leads_to_no_private_place() {
        for to in [
            "http://auth.ghcr.io/token",
            "https://127.0.0.1/",
            "https://10.1.1.1/",
            "https://172.16.0.1/",
            "https://192.168.0.1/",
            "https://100.64.0.1/",
            "https://localhost/",
            "https://x.localhost/",
            "https://[::1]/",
            "https://[fc00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://u:p@ghcr.io/",
        ] {
            assert!(!allowed("https://ghcr.io/", to), "{to}");
        }
    }

    #[test]
    fn passwords_stay_within_a_site() {
        let may = |registry: &str, realm: &str| may_have_password(&url(registry), &url(realm));
        assert!(may("https://registry-1.docker.io/", "https://auth.docker.io/token"));
        assert!(may("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth"));
        assert!(may("https://ghcr.io/", "https://ghcr.io/token"));
        assert!(may("http://127.0.0.1:5004/", "http://127.0.0.1:5005/token"));
        assert!(may("https://registry.shop.co.uk/", "https://auth.shop.co.uk/"));
        assert!(!may("https://registry.shop.co.uk/", "https://auth.other.co.uk/"));
        assert!(!may("https://registry.example.org/", "https://evil.example.net/"));
        assert!(!may("http://registry.example.org/", "http://auth.example.org/"));
        assert!(!may("http://127.0.0.1:5000/", "http://localhost:5001/"));
        assert!(!may("https://a/", "https://b/"));
    }
}
