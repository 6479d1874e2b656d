//! Whether a provider's host is one of our users, and how sure that is.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// From this confidence on nobody needs to look.
pub const TAKEN_FROM: u8 = 90;

/// A person as a provider knows them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SeenHost {
    /// The provider's id of the person.
    pub provider_user_id: String,
    /// Name.
    pub name: Option<String>,
    /// E-mail address, normalized.
    pub email_key: Option<String>,
    /// The provider's name of the account.
    pub username: Option<String>,
}

/// A user of ours, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The user.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address, normalized.
    pub email_key: Option<String>,
    /// The provider's id of the person, where somebody said so.
    pub provider_user_id: Option<String>,
    /// The provider's name of the account, where somebody said so.
    pub username: Option<String>,
}

/// What speaks for it, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The user bears the provider's id.
    SameId,
    /// The addresses are equal.
    SameEmail,
    /// The user bears the provider's name of the account.
    SameUsername,
    /// The name is equal, and the account is called as the user's address begins.
    SameNameAndAccount,
    /// Only the name is equal.
    SameName,
    /// A person said so.
    Chosen,
    /// Nobody of ours.
    Nobody,
}

impl Why {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameId => "same_id",
            Self::SameEmail => "same_email",
            Self::SameUsername => "same_username",
            Self::SameNameAndAccount => "same_name_and_account",
            Self::SameName => "same_name",
            Self::Chosen => "chosen",
            Self::Nobody => "nobody",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::SameId,
            Self::SameEmail,
            Self::SameUsername,
            Self::SameNameAndAccount,
            Self::SameName,
            Self::Chosen,
            Self::Nobody,
        ]
        .into_iter()
        .find(|why| why.as_str() == word)
    }

    /// How sure it makes us, of 100.
    pub fn confidence(self) -> u8 {
        match self {
            Self::SameId | Self::SameEmail | Self::Chosen => 100,
            Self::SameUsername => 90,
            Self::SameNameAndAccount => 70,
            Self::SameName => 40,
            Self::Nobody => 0,
        }
    }
}

/// Who it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guess {
    /// The user; `None` when nobody fits.
    pub user_id: Option<UserId>,
    /// Of 100. Below [`TAKEN_FROM`] a person should look.
    pub confidence: u8,
    /// What speaks for it.
    pub why: Why,
}

impl Guess {
    /// Sure enough to do without a person.
    pub fn is_sure(&self) -> bool {
        self.user_id.is_some() && self.confidence >= TAKEN_FROM
    }
}

/// Who of these a provider's host is. Where several fit as well as each other, a person must choose.
pub fn guess<'a>(seen: &SeenHost, candidates: impl IntoIterator<Item = &'a Candidate>) -> Guess {
    let mut fitting: Vec<(Why, UserId)> = candidates
        .into_iter()
        .filter_map(|candidate| Some((fit(seen, candidate)?, candidate.user_id)))
        .collect();
    fitting.sort_unstable();
    let Some(&(why, user_id)) = fitting.first() else {
        return Guess {
            user_id: None,
            confidence: Why::Nobody.confidence(),
            why: Why::Nobody,
        };
    };
    let alone = fitting.iter().filter(|(other, _)| *other == why).count() == 1;
    Guess {
        user_id: Some(user_id),
        confidence: if alone {
            why.confidence()
        } else {
            why.confidence().min(TAKEN_FROM - 1)
        },
        why,
    }
}

fn fit(seen: &SeenHost, candidate: &Candidate) -> Option<Why> {
    let username = seen
        .username
        .as_deref()
        .map(plain)
        .filter(|name| !name.is_empty());
    if candidate.provider_user_id.as_ref() == Some(&seen.provider_user_id) {
        return Some(Why::SameId);
    }
    if seen.email_key.is_some() && seen.email_key == candidate.email_key {
        return Some(Why::SameEmail);
    }
    if username.is_some() && username == candidate.username.as_deref().map(plain) {
        return Some(Why::SameUsername);
    }
    let name = seen
        .name
        .as_deref()
        .map(plain)
        .filter(|name| !name.is_empty());
    if name.is_none() || name != Some(plain(&candidate.name)) {
        return None;
    }
    let account = username.or_else(|| seen.email_key.as_deref().map(local_part));
    let ours = candidate.email_key.as_deref().map(local_part);
    Some(if account.is_some() && account == ours {
        Why::SameNameAndAccount
    } else {
        Why::SameName
    })
}

fn local_part(email_key: &str) -> String {
    plain(email_key.split('@').next().unwrap_or_default())
}

/// Without what people spell differently: case, dots, dashes and white space.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn user(id: i64, name: &str, email: &str) -> Candidate {
        Candidate {
            user_id: UserId(id),
            name: name.to_owned(),
            email_key: Some(email.to_owned()).filter(|email| !email.is_empty()),
            provider_user_id: None,
            username: None,
        }
    }

    fn host(name: &str, email: &str, username: &str) -> SeenHost {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        SeenHost {
            provider_user_id: "17".to_owned(),
            name: some(name),
            email_key: some(email),
            username: some(username),
        }
    }

    #[rstest]
    #[case(host("Somebody", "kim@example.org", ""), Why::SameEmail, true)]
    #[case(host("Kim Lee", "", "kim"), Why::SameNameAndAccount, false)]
    #[case(host("kim lee", "kim@example.com", ""), Why::SameNameAndAccount, false)]
    #[case(host("Kim Lee", "other@example.com", "other"), Why::SameName, false)]
    #[case(host("Somebody", "some@example.org", "some"), Why::Nobody, false)]
    #[case(host("", "", ""), Why::Nobody, false)]
    fn a_host_is_known_by_what_fits_best(
        #[case] seen: SeenHost,
        #[case] why: Why,
        #[case] sure: bool,
    ) {
        let users = [
            user(1, "Kim Lee", "kim@example.org"),
            user(2, "Bo", "bo@example.org"),
        ];
        let guess = guess(&seen, &users);
        assert_eq!((guess.why, guess.is_sure()), (why, sure));
        assert_eq!(guess.user_id, (why != Why::Nobody).then_some(UserId(1)));
        assert_eq!(guess.confidence, why.confidence());
    }

    #[test]
    fn what_somebody_wrote_on_the_user_counts_most() {
        let mut users = [
            user(1, "Kim", "kim@example.org"),
            user(2, "Bo", "bo@example.org"),
        ];
        users[1].provider_user_id = Some("17".to_owned());
        assert_eq!(
            guess(&host("Kim", "kim@example.org", ""), &users).user_id,
            Some(UserId(2))
        );
        users[1].provider_user_id = None;
        users[1].username = Some("Dr.Bo".to_owned());
        let guess = guess(&host("X", "", "dr-bo"), &users);
        assert_eq!(
            (guess.user_id, guess.why),
            (Some(UserId(2)), Why::SameUsername)
        );
    }

    #[test]
    fn of_two_who_fit_alike_a_person_chooses() {
        let users = [
            user(1, "Kim", "kim@example.org"),
            user(2, "Kim", "kim@example.org"),
        ];
        let guess = guess(&host("Kim", "kim@example.org", ""), &users);
        assert!(!guess.is_sure());
        assert_eq!(guess.user_id, Some(UserId(1)));
    }
}
