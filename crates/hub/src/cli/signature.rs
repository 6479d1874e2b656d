//! `calbridge signature`

use std::{path::PathBuf, time::Duration};

use calbridge_core::provider::Provider;
use calbridge_providers::{Headers, Verification, sign, verify};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, json};

use super::{Exit, context::Context, exit::CliError, input, parse};

/// Sign a body as a provider does, or find out why a signature does not verify
#[derive(Subcommand, Debug)]
#[command(after_help = "\
The body is taken byte by byte: a line end that an editor adds makes another signature.

Examples:
  printf '{\"triggerEvent\":\"PING\"}' | calbridge signature sign calcom --secret S
  calbridge signature verify calcom --secret S --body body.json --header 'X-Cal-Signature-256: 5f3c...'
  calbridge signature verify calendly --secret S --body body.json --at 2026-11-21T09:00:00Z \\
      --header 'Calendly-Webhook-Signature: t=1795251600,v1=5f3c...'")]
pub(super) enum SignatureCommand {
    /// Print the headers that sign a body
    Sign(Subject),
    /// Say whether the headers sign the body; exit code 1 when they do not
    Verify {
        #[command(flatten)]
        subject: Subject,
        /// A header as it came, `Name: value`; give all that carry signatures
        #[arg(long = "header", value_name = "NAME:VALUE", required = true)]
        headers: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub(super) struct Subject {
    /// calcom or calendly
    #[arg(value_parser = parse::provider)]
    provider: Provider,
    /// The webhook secret
    #[arg(long, value_parser = parse::secret, allow_hyphen_values = true)]
    secret: SecretString,
    /// The raw body; - reads standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    body: PathBuf,
    /// The time to sign with, or at which it was received [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    at: Option<Timestamp>,
}

impl SignatureCommand {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Sign(subject) => {
                let now = subject.at.unwrap_or_else(|| context.clock.now());
                let body = input::bytes(&subject.body)?;
                let headers = sign(subject.provider, &subject.secret, &body, now);
                print_headers(context, &headers)?;
                Ok(Exit::Done)
            }
            Self::Verify { subject, headers } => {
                let now = subject.at.unwrap_or_else(|| context.clock.now());
                let headers = headers
                    .iter()
                    .map(|header| split(header))
                    .collect::<Result<Vec<_>, _>>()?;
                let tolerance = context.load(&[])?.config.webhooks.signature_tolerance();
                let body = input::bytes(&subject.body)?;
                let found = verify(
                    subject.provider,
                    Headers(&headers),
                    &body,
                    std::slice::from_ref(&subject.secret),
                    now,
                    tolerance,
                );
                print_verdict(context, found, tolerance)
            }
        }
    }
}

fn split(header: &str) -> Result<(String, String), CliError> {
    header
        .split_once(':')
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| {
            CliError::Usage(format!("`{header}` is not a header, written `Name: value`"))
        })
}

fn print_headers(context: &Context, headers: &[(String, String)]) -> anyhow::Result<()> {
    if context.out.is_json() {
        let headers: Map<_, _> = headers
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        return context.out.json(&json!({ "headers": headers }));
    }
    for (name, value) in headers {
        context.out.line(format!("{name}: {value}"))?;
    }
    Ok(())
}

fn print_verdict(
    context: &Context,
    found: Verification,
    tolerance: Duration,
) -> anyhow::Result<Exit> {
    let (valid, late, words) = match found {
        Verification::Valid { late: false, .. } => (true, false, "the signature is right".to_owned()),
        Verification::Valid { late: true, .. } => (
            true,
            true,
            format!(
                "the signature is right, but its time is more than {} s away: the event is taken and marked late",
                tolerance.as_secs()
            ),
        ),
        Verification::Missing => (false, false, "none of the headers carries a signature".to_owned()),
        Verification::Unsigned => (
            false,
            false,
            "the provider says that no secret is set there: set the same one on both sides".to_owned(),
        ),
        Verification::Invalid => (
            false,
            false,
            "the signature is of another secret or another body; see whether the body is the same byte by byte".to_owned(),
        ),
        Verification::Malformed(why) => (false, false, why.to_owned()),
    };
    if context.out.is_json() {
        let reason = (!valid || late).then_some(words);
        context
            .out
            .json(&json!({ "valid": valid, "late": late, "reason": reason }))?;
    } else {
        context.out.line(words)?;
    }
    Ok(if valid { Exit::Done } else { Exit::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let header = split("Calendly-Webhook-Signature: t=1,v1=a:b").unwrap();
        assert_eq!(
            header,
            (
                "Calendly-Webhook-Signature".to_owned(),
                "t=1,v1=a:b".to_owned()
            )
        );
        assert!(split("no header").is_err());
        assert!(split(": value").is_err());
    }
}
