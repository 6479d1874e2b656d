//! Commands as the documents spell them: `calcom:circuit-status` means `calcom circuit-status`.

use std::ffi::OsString;

/// Nouns that the documents join to their verbs.
const NOUNS: [&str; 2] = ["calcom", "cache"];

/// The arguments in our spelling. Only the first one of this form is a command; what follows `--` is none.
pub fn in_our_words(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut ours = Vec::new();
    let mut arguments = arguments.into_iter();
    // The name of the program may be anything.
    ours.extend(arguments.next());
    for argument in arguments.by_ref() {
        if argument == "--" {
            ours.push(argument);
            break;
        }
        if let Some((noun, verb)) = argument.to_str().and_then(split) {
            ours.extend([noun.into(), verb.into()]);
            break;
        }
        ours.push(argument);
    }
    ours.extend(arguments);
    ours
}

fn split(argument: &str) -> Option<(&str, &str)> {
    let (noun, verb) = argument.split_once(':')?;
    let is_verb = verb.starts_with(|c: char| c.is_ascii_lowercase())
        && verb
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (NOUNS.contains(&noun) && is_verb).then_some((noun, verb))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "calbridge calcom:sync-event-types --all",
        "calbridge calcom sync-event-types --all"
    )]
    #[case("calbridge calcom:test-connection", "calbridge calcom test-connection")]
    #[case(
        "calbridge calcom:debug-availability 5 --date=2026-03-02",
        "calbridge calcom debug-availability 5 --date=2026-03-02"
    )]
    #[case(
        "calbridge cache:clear --tags=calcom",
        "calbridge cache clear --tags=calcom"
    )]
    #[case(
        "calbridge --data-dir d calcom:migrate-to-v2",
        "calbridge --data-dir d calcom migrate-to-v2"
    )]
    #[case("calbridge calcom circuit-status", "calbridge calcom circuit-status")]
    #[case(
        "calbridge serve --listen localhost:8000",
        "calbridge serve --listen localhost:8000"
    )]
    #[case(
        "calbridge calcom:circuit-status calcom:circuit-status",
        "calbridge calcom circuit-status calcom:circuit-status"
    )]
    #[case("calbridge leads -- calcom:x", "calbridge leads -- calcom:x")]
    #[case("calbridge calcom:http://x", "calbridge calcom:http://x")]
    #[case("calcom:x", "calcom:x")]
    #[case("calbridge calcom:", "calbridge calcom:")]
    fn the_spelling_of_the_documents_is_ours(#[case] theirs: &str, #[case] ours: &str) {
        let words = in_our_words(theirs.split(' ').map(OsString::from));
        let expected: Vec<OsString> = ours.split(' ').map(OsString::from).collect();
        assert_eq!(words, expected);
    }
}
