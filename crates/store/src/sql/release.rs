//! Release numbers and their order.

/// `1.2.3` or `1.2.3-rc.1`, ordered as semantic versions are; what follows a `+` does not count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release {
    numbers: [u64; 3],
    stage: Stage,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before(Vec<Identifier>),
    Final,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Release {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (numbers, stage) = match text.split_once('-') {
            Some((numbers, stage)) => (numbers, Stage::Before(identifiers(stage))),
            None => (text, Stage::Final),
        };
        let numbers: Vec<u64> = numbers
            .split('.')
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        let numbers = numbers.try_into().ok()?;
        Some(Self { numbers, stage })
    }
}

fn identifiers(stage: &str) -> Vec<Identifier> {
    stage
        .split('.')
        .map(|part| match part.parse() {
            Ok(number) => Identifier::Number(number),
            Err(_) => Identifier::Word(part.to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn releases_are_ordered_as_people_expect() {
        let ordered = [
            "0.1.0-alpha",
            "0.1.0-rc.2",
            "0.1.0-rc.10",
            "0.1.0",
            "0.1.1+build.5",
            "0.2.0",
            "0.10.0",
            "1.0.0",
        ];
        let parsed: Vec<_> = ordered.iter().map(|text| Release::parse(text)).collect();
        assert!(parsed.iter().all(Option::is_some));
        assert!(parsed.is_sorted());
    }

    #[test]
    fn other_text_is_no_release() {
        for text in ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.x.3"] {
            assert_eq!(Release::parse(text), None, "{text}");
        }
    }
}
