//! `calbridge demo`

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use rand::RngExt;
use tokio_util::sync::CancellationToken;

use super::{context::Context, exit::CliError, parse};
use crate::{
    demo::{self, Demo, Pace, Scratch, Style},
    logging, serve,
};

/// Look at it: made-up people, emulated providers, a scratch database
///
/// Nothing has to be set up and nothing stays. Prints a line for each webhook event and what it became, and commands
/// to try. Settings of your own are not read, apart from the log's.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge demo
  calbridge demo --steps 40 --fast
  calbridge demo --listen 127.0.0.1:8080 --keep demo-data")]
pub(super) struct DemoCommand {
    /// Address and port of the hub; loopback or a private network only, since nobody is asked for a key
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000", value_parser = parse::address)]
    listen: SocketAddr,
    /// End after so many steps, with a summary [default: at Ctrl-C]
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// No pauses, and ten minutes pass at each step, so that meetings begin and end
    #[arg(long)]
    fast: bool,
    /// The same seed, the same people doing the same things [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep the database in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl DemoCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let options = &context.options;
        if options.data_dir.is_some() || options.database_url.is_some() || options.config.is_some()
        {
            let why =
                "the demo makes a database and settings of its own; --keep DIR keeps the database";
            return Err(CliError::Usage(why.to_owned()).into());
        }
        let scratch = self.scratch()?;
        let mut config = demo::config(self.listen, scratch.folder().to_owned());
        if let Some(filter) = context.environment.get("CALBRIDGE_LOG") {
            filter.clone_into(&mut config.log.filter);
        }
        logging::start(&config.log)?;

        let stop = CancellationToken::new();
        serve::stop_on_signal(&stop)?;
        let pace = Pace {
            steps: self.steps,
            fast: self.fast,
            seed: self
                .seed
                .unwrap_or_else(|| rand::rng().random_range(0..1_000_000)),
        };
        let demo = Demo::start(config, pace, stop).await?;
        let played = play(context, &demo).await;
        demo.end().await?;
        played?;
        if let Some(folder) = &self.keep {
            context.out.line(format!(
                "The database stays: calbridge serve --data-dir {}",
                folder.display()
            ))?;
        }
        Ok(())
    }

    fn scratch(&self) -> anyhow::Result<Scratch> {
        let Some(folder) = &self.keep else {
            return Ok(Scratch::make()?);
        };
        let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if occupied {
            let folder = folder.display();
            let why = format!(
                "{folder} is not empty; look at a database that is there with `calbridge serve --data-dir {folder}`"
            );
            return Err(CliError::Usage(why).into());
        }
        Ok(Scratch::keep(folder.clone()))
    }
}

async fn play(context: &Context, demo: &Demo) -> anyhow::Result<()> {
    let out = context.out;
    out.line(demo.introduction())?;
    let style = if context.colored() {
        Style::Colored
    } else {
        Style::Plain
    };
    demo.play(style, |line| out.line(line)).await?;
    out.line("")?;
    out.table(&["", "", "Of which"], demo.summary().await?.rows(), "")
}
