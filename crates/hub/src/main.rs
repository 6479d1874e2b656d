//! The one binary, `calbridge`: read the command line, run one command, say in the exit code how it ended.

use std::{process::ExitCode, time::Duration};

use calbridge::cli::{self, Cli, Exit};
use clap::Parser;

/// What blocks a thread at the end, such as a read from a terminal, is left behind after this.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    // Before anything opens a connection: crates must not choose different ones.
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    if provider.install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
    let cli = Cli::parse_from(cli::in_our_words(std::env::args_os()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(cli::run(cli));
            runtime.shutdown_timeout(LEFT_BEHIND_AFTER);
            result
        }
        Err(error) => Err(anyhow::Error::new(error).context("the runtime cannot be started")),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => Exit::report(&error).into(),
    }
}
