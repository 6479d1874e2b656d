//! `calbridge connections webhook`

use calbridge_core::lane::Lane;
use clap::{Args, Subcommand};
use jiff::SignedDuration;

use super::One;
use crate::{
    cli::{
        Exit,
        context::Context,
        output::{at, printable},
        parse,
    },
    http::api::provider_webhooks::{RepairBody, ReportBody, RotationBody},
    provider_webhooks::{
        self, Finding, Gravity, Mode, Ours, Outcome, Repaired, Report, Rotated, Told, level_name,
    },
};

/// The webhooks of a connection, as they are registered at its provider
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge connections webhook check 1
  calbridge connections webhook create 1 --dry-run
  calbridge connections webhook rotate 1 --overlap 48h")]
pub(in crate::cli) enum WebhookCommand {
    /// Say whether bookings are missed, and why. Exit code 1 if they are
    Check(One),
    /// Register what is missing
    Create(Mend),
    /// Register what is missing, switch on, add triggers, set URL and secret
    Repair(Mend),
    /// Set a new random secret here and at the provider
    Rotate(Rotate),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Mend {
    #[command(flatten)]
    one: One,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Rotate {
    #[command(flatten)]
    mend: Mend,
    /// How long the old secret goes on counting
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = parse::distance)]
    overlap: SignedDuration,
}

impl Mend {
    fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::Do }
    }
}

impl WebhookCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Check(One { id, tenant }) => {
                let report = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(provider_webhooks::check(app, scope, id, Lane::Interactive).await?)
                    })
                    .await?;
                let exit = ended(!report.is_wrong());
                if context.out.is_json() {
                    context.out.json(&ReportBody::from(report))?;
                } else {
                    print(context, &report)?;
                }
                Ok(exit)
            }
            // What is missing is made by the same steps; those that mend what is there are wanted then too.
            Self::Create(mend) | Self::Repair(mend) => {
                let (id, mode) = (mend.one.id, mend.mode());
                let repaired = context
                    .in_tenant(mend.one.tenant, async |app, scope| {
                        Ok(provider_webhooks::repair(app, scope, id, mode).await?)
                    })
                    .await?;
                print_repaired(context, repaired)
            }
            Self::Rotate(rotate) => {
                let (id, mode) = (rotate.mend.one.id, rotate.mend.mode());
                let overlap = rotate.overlap;
                let rotated = context
                    .in_tenant(rotate.mend.one.tenant, async |app, scope| {
                        Ok(provider_webhooks::rotate(app, scope, id, overlap, mode).await?)
                    })
                    .await?;
                print_rotated(context, rotated)
            }
        }
    }
}

fn ended(well: bool) -> Exit {
    if well { Exit::Done } else { Exit::Failed }
}

fn are_done(steps: &[Told]) -> bool {
    let is_done = |one: &Told| matches!(one.outcome, Outcome::Done(_) | Outcome::Planned);
    steps.iter().all(is_done)
}

fn print(context: &Context, report: &Report) -> anyhow::Result<()> {
    if let Some(url) = &report.url {
        context.out.line(format!("webhooks should go to {url}\n"))?;
    }
    let rows = report.webhooks.iter().map(row).collect();
    let header = ["Id", "Level", "On", "Triggers", "Secret", "Duplicate"];
    context
        .out
        .table(&header, rows, "no webhook at the provider leads here")?;
    for finding in &report.findings {
        tell(context, finding)?;
    }
    Ok(())
}

fn row(one: &Ours) -> Vec<String> {
    let yes = |so: bool| if so { "yes" } else { "no" }.to_owned();
    vec![
        one.id.clone(),
        level_name(one.level),
        yes(one.active),
        match one.missing.len() {
            0 => "all".to_owned(),
            missing => format!("{missing} missing"),
        },
        one.secret.as_str().replace('_', " "),
        yes(one.is_duplicate),
    ]
}

fn tell(context: &Context, finding: &Finding) -> anyhow::Result<()> {
    let word = match finding.gravity {
        Gravity::Wrong => "FAIL",
        Gravity::Doubtful => "warn",
    };
    context
        .out
        .line(format!("{word}  {}", printable(&finding.says)))?;
    context.out.line(format!("      try: {}", finding.remedy))
}

fn print_steps(context: &Context, steps: &[Told]) -> anyhow::Result<()> {
    if steps.is_empty() {
        return context.out.line("there is nothing to do");
    }
    for told in steps {
        context.out.line(step_line(told))?;
    }
    Ok(())
}

fn step_line(told: &Told) -> String {
    let level = level_name(told.step.level());
    let parts = told.step.parts().join(", ");
    let what = match told.step.id() {
        None => format!("create a webhook of {level}"),
        Some(id) => format!("change {parts} of webhook {id} of {level}"),
    };
    match &told.outcome {
        Outcome::Planned => format!("would {what}"),
        Outcome::Done(_) => format!("done: {what}"),
        Outcome::Refused(why) | Outcome::Failed(why) => {
            format!("failed: {what}: {}", printable(why))
        }
        Outcome::Unknown(why) => format!(
            "nobody knows whether it is done: {what}: {}",
            printable(why)
        ),
    }
}

fn print_repaired(context: &Context, repaired: Repaired) -> anyhow::Result<Exit> {
    let exit = ended(are_done(&repaired.steps));
    if context.out.is_json() {
        context.out.json(&RepairBody::from(repaired))?;
    } else {
        print_steps(context, &repaired.steps)?;
        print(context, &repaired.report)?;
    }
    Ok(exit)
}

fn print_rotated(context: &Context, rotated: Rotated) -> anyhow::Result<Exit> {
    let exit = ended(are_done(&rotated.steps));
    if context.out.is_json() {
        context.out.json(&RotationBody::from(rotated))?;
        return Ok(exit);
    }
    print_steps(context, &rotated.steps)?;
    let old = match rotated.old_secret_until {
        Some(until) => format!("the old secret counts until {}", at(until)),
        None => "both secrets count; `calbridge connections webhook repair` goes on".to_owned(),
    };
    context.out.line(old)?;
    Ok(exit)
}
