//! Addresses for people without one. Providers do not book without an e-mail address; such an address stands in for it, and
//! is nobody's: whoever reads it back from a provider learns which lead is meant, and no address.

use uuid::Uuid;

use crate::person::EmailAddress;

/// What such an address begins with; the lead's public id follows.
const PREFIX: &str = "no-email-";

/// The text is no domain that mail could have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no domain such as nobody.example.org")]
pub struct NotADomain(pub String);

/// A domain in which nobody has a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntheticDomain(String);

impl SyntheticDomain {
    /// Check and normalize.
    pub fn parse(text: &str) -> Result<Self, NotADomain> {
        let domain = text.trim().to_lowercase();
        let is_one = domain.contains('.')
            && !domain.contains('@')
            && EmailAddress::parse(&format!("{PREFIX}{}@{domain}", Uuid::nil().simple())).is_ok();
        if is_one {
            Ok(Self(domain))
        } else {
            Err(NotADomain(text.to_owned()))
        }
    }

    /// The address of a lead, by its public id: always the same, and no other lead's.
    pub fn address_of(&self, lead: Uuid) -> String {
        format!("{PREFIX}{}@{}", lead.simple(), self.0)
    }
}

/// The public id of the lead for whom an address stands in, whatever its domain: the tenant may have changed it since.
/// `None` for addresses of people.
pub fn lead_in(email: &str) -> Option<Uuid> {
    let (local, _) = email.split_once('@')?;
    let digits = local.trim().to_ascii_lowercase();
    let digits = digits.strip_prefix(PREFIX)?;
    let is_simple = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_simple.then(|| Uuid::try_parse(digits).ok()).flatten()
}

/// Whether an address is nobody's.
pub fn is_synthetic(email: &str) -> bool {
    lead_in(email).is_some()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn an_address_names_its_lead_in_any_domain() {
        let lead = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0017);
        for domain in ["nobody.example.org", " Phone.Example.COM "] {
            let address = SyntheticDomain::parse(domain).unwrap().address_of(lead);
            assert_eq!(EmailAddress::parse(&address).unwrap().as_str(), address);
            assert_eq!(lead_in(&address), Some(lead));
            assert_eq!(lead_in(&address.to_uppercase()), Some(lead));
        }
    }

    #[rstest]
    #[case("ann@example.org")]
    #[case("no-email-ann@example.org")]
    #[case("no-email-0190@nobody.example.org")]
    #[case("no-email-01900000-0000-7000-8000-000000000017@nobody.example.org")]
    #[case("no-email-01900000000070008000000000000017")]
    fn addresses_of_people_are_left_alone(#[case] email: &str) {
        assert!(!is_synthetic(email));
    }

    #[rstest]
    #[case("")]
    #[case("localhost")]
    #[case("ann@example.org")]
    #[case("two words.example")]
    #[case(".example.org")]
    fn a_domain_is_one_that_mail_could_have(#[case] text: &str) {
        assert!(SyntheticDomain::parse(text).is_err(), "{text}");
    }
}
