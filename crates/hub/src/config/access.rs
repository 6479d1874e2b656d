//! Section `access`.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Who may call without a credential.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Whoever reaches the server may do everything. Only for a trusted network; refused on a public address.
    pub trusted_network: bool,
}

impl Access {
    pub(super) fn check(&self, listen: SocketAddr) -> Result<(), String> {
        if self.trusted_network && !is_private(listen.ip()) {
            return Err(format!(
                "access.trusted_network is on and server.listen is {listen}, which others can reach: \
                 listen on loopback or a private address, or switch it off and create a key with `calbridge keys create`"
            ));
        }
        Ok(())
    }
}

/// Loopback, or an address that is not routed on the internet. `0.0.0.0` and `::` may be anything.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:8000", true)]
    #[case("192.168.1.10:8000", true)]
    #[case("[::1]:8000", true)]
    #[case("0.0.0.0:8000", false)]
    #[case("203.0.113.7:8000", false)]
    #[case("[::]:8000", false)]
    fn the_trusted_network_is_refused_where_strangers_may_come(
        #[case] listen: &str,
        #[case] allowed: bool,
    ) {
        let access = Access {
            trusted_network: true,
        };
        assert_eq!(access.check(listen.parse().unwrap()).is_ok(), allowed);
        assert!(Access::default().check(listen.parse().unwrap()).is_ok());
    }
}
