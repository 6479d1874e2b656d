//! Which events are sent, and how many of each.

use std::{fmt, str::FromStr};

use rand::{Rng, RngExt};

/// What an event tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Somebody books.
    Created,
    /// Moves a booking.
    Rescheduled,
    /// Cancels one.
    Cancelled,
    /// Nothing new: an event comes again.
    Duplicate,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Created,
        Self::Rescheduled,
        Self::Cancelled,
        Self::Duplicate,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Rescheduled => "rescheduled",
            Self::Cancelled => "cancelled",
            Self::Duplicate => "duplicate",
        }
    }
}

/// The weight of each kind, in the order of [`Kind::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mix([u32; 4]);

impl Default for Mix {
    fn default() -> Self {
        Self([60, 20, 10, 10])
    }
}

impl Mix {
    /// The kind of the next event.
    pub fn pick(&self, rng: &mut impl Rng) -> Kind {
        let mut left = rng.random_range(0..self.0.iter().sum::<u32>().max(1));
        for (kind, weight) in Kind::ALL.into_iter().zip(self.0) {
            if left < weight {
                return kind;
            }
            left -= weight;
        }
        Kind::Created
    }
}

/// `created=60,rescheduled=20`; what is not named does not come.
impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut weights = [0; 4];
        for part in text.split(',') {
            let wrong = || {
                format!(
                    "`{part}` is not a kind and its weight, such as created=60; kinds are created, rescheduled, cancelled, duplicate"
                )
            };
            let (word, weight) = part.split_once('=').ok_or_else(wrong)?;
            let place = Kind::ALL
                .iter()
                .position(|kind| kind.as_str() == word.trim())
                .ok_or_else(wrong)?;
            let weight: u16 = weight.trim().parse().map_err(|_| wrong())?;
            if let Some(slot) = weights.get_mut(place) {
                *slot = u32::from(weight);
            }
        }
        if weights[0] == 0 {
            return Err("nothing can happen to bookings that are not created: created must be greater than 0".to_owned());
        }
        Ok(Self(weights))
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = Kind::ALL
            .iter()
            .zip(self.0)
            .map(|(kind, weight)| format!("{}={weight}", kind.as_str()))
            .collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn a_mix_is_read_and_written_alike() {
        let text = "created=60,rescheduled=20,cancelled=10,duplicate=10";
        assert_eq!(text.parse::<Mix>().unwrap(), Mix::default());
        assert_eq!(Mix::default().to_string(), text);
        assert!("rescheduled=20".parse::<Mix>().is_err());
        assert!("moved=20".parse::<Mix>().unwrap_err().contains("kinds are"));
    }

    #[test]
    fn only_what_has_weight_is_picked() {
        let mix: Mix = "created=1".parse().unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        assert!((0..100).all(|_| mix.pick(&mut rng) == Kind::Created));
    }
}
